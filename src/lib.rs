//! plustwo emulates the resolver at a VPC's base address plus two.
