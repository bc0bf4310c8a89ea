//! Memory that the process holds without need.

/// Gives memory that was freed back to the system, where the allocator keeps it otherwise: after a topology was read,
/// whose text is larger than the model that came of it.
///
/// Costs milliseconds and stalls allocations of other threads meanwhile. Does nothing but with glibc.
pub fn release_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the allocator has no safe interface")]
    // SAFETY: `malloc_trim` takes no pointer and locks the allocator itself; it may be called at any time
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets go of the program's own pages of code and constants, of which starting needed many and serving needs few. Those
/// that are needed after all come back by themselves, from the system's cache of files.
///
/// Does nothing but with glibc.
pub fn release_program_pages() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the loader has no safe interface")]
    // SAFETY: the loader calls `release_pages` with a description of the program that is valid during the call
    unsafe {
        libc::dl_iterate_phdr(Some(release_pages), std::ptr::null_mut());
    }
}

/// Lets go of the pages of the first object, which is the program, that it may not write; returns 1, for no more objects.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the loader describes objects by pointers")]
unsafe extern "C" fn release_pages(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the loader passes a valid description; its headers are as many as it says
    let (base, headers) = unsafe {
        let info = &*info;
        if info.dlpi_phdr.is_null() {
            return 1;
        }
        (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
    };
    // SAFETY: the number of a setting that every system has
    let page = match usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) {
        Ok(page) if page.is_power_of_two() => page,
        _ => return 1,
    };
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let (Ok(start), Ok(length)) =
            (usize::try_from(base + header.p_vaddr), usize::try_from(header.p_filesz))
        else {
            continue;
        };
        let (start, end) = (start.next_multiple_of(page), (start + length) / page * page);
        if start < end {
            let at = std::ptr::without_provenance_mut::<libc::c_void>(start);
            // SAFETY: whole pages that are mapped from the program's file. A program of rustc's is position-independent
            // without relocations in its code, so nobody has written to them, and whoever reads them again finds what
            // the file has
            unsafe { libc::madvise(at, end - start, libc::MADV_DONTNEED) };
        }
    }
    1
}
