//! Memory that the allocator holds without need.

/// Gives memory that was freed back to the system, where the allocator keeps it otherwise: after a topology was read,
/// whose tree is larger than the model that came of it.
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
