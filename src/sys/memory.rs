//! Memory that the process holds without need.

/// Gives back to the system what is not in use: memory that was freed and the allocator keeps, as after a topology was
/// read, whose text is larger than the model that came of it; and pages of the program itself that only starting or
/// reading needed. Those that are needed after all come back by themselves.
///
/// Costs milliseconds and stalls allocations of other threads meanwhile. Does nothing but with glibc.
pub fn release_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the allocator and the loader have no safe interface")]
    // SAFETY: `malloc_trim` takes no pointer and locks the allocator itself. `dl_iterate_phdr` calls `release_pages` for
    // each object that is loaded, with a description that is valid during the call
    unsafe {
        libc::malloc_trim(0);
        libc::dl_iterate_phdr(Some(release_pages), std::ptr::null_mut());
    }
}

/// Lets go of the pages of an object's segments that are never written: code and constants.
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
            return 0;
        }
        (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
    };
    // SAFETY: the number of a setting that every system has
    let page = match u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) {
        Ok(page) if page.is_power_of_two() => page,
        _ => return 0,
    };
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let start = (base + header.p_vaddr).next_multiple_of(page);
        let end = (base + header.p_vaddr + header.p_filesz) / page * page;
        if let (Ok(at), Ok(length)) =
            (usize::try_from(start), usize::try_from(end.saturating_sub(start)))
            && length > 0
        {
            let at = std::ptr::without_provenance_mut::<libc::c_void>(at);
            // SAFETY: whole pages that are mapped from a file, private and never written, as the segment is loaded
            // without leave to write: whoever reads them again finds them as the file has them
            unsafe { libc::madvise(at, length, libc::MADV_DONTNEED) };
        }
    }
    0
}
