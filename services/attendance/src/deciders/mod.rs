//! What attendance writes: a `roll` and the duties of each occurrence. Both are shared categories:
//! pages and this service's process append to them.

pub mod duty;
pub mod roll;
