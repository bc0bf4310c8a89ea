//! The `plustwo` command.

fn main() {}
