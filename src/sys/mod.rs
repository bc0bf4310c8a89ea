//! System calls that no library offers in the form needed here: the one room with `unsafe` in it.
//!
//! **Invariant:** everything public is safe to call with any argument; each `unsafe` block says why it is sound.

mod memory;

pub use memory::release_free_memory;
