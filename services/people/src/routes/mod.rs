//! Pages, forms and JSON.

mod words;
pub mod fragments {}

pub use words::{WORDS, vocabulary};
pub fn routes(_: &crate::People) -> linli_platform::web::Routes {
    linli_platform::web::Routes::new()
}
