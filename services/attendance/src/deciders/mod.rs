//! What attendance writes: a `roll` and the duties of each occurrence, and standing duties. All are
//! shared categories: pages and this service's processes append to them.

pub mod duty;
pub mod roll;
pub mod standing;
