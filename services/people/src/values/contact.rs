//! Names, numbers and addresses as people write them: tidied, or refused with the way out.

use linli_platform::vault::phone_digits;

use crate::deciders::Reason;

/// The most characters of a name.
pub const NAME_CHARS_MAX: usize = 60;
/// The most characters of a flat's number.
pub const FLAT_CHARS_MAX: usize = 20;

/// What is wrong with something that was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// There is no name.
    #[error("the name is missing")]
    NameMissing,
    /// The name is too long or has characters that no name has.
    #[error("this is not a name: use at most 60 characters, without line breaks")]
    NameWrong,
    /// A spreadsheet has rounded the number.
    #[error(
        "a spreadsheet has rounded this telephone number: format the column as text, type the \
         number again, save the file anew"
    )]
    PhoneMangled,
    /// Not a telephone number.
    #[error("this is not a telephone number: 11 digits for a mobile phone, area code first else")]
    PhoneWrong,
    /// Not an e-mail address.
    #[error("this is not an e-mail address: it looks like name@example.org")]
    EmailWrong,
    /// A spreadsheet has made a date of the number.
    #[error(
        "a spreadsheet has made a date of this flat: format the column as text, type it again, save \
         the file anew"
    )]
    FlatMangled,
    /// The flat's number is too long.
    #[error("this is not the number of a flat: use at most 20 characters")]
    FlatWrong,
}

impl Reason for Wrong {
    fn key(&self) -> &'static str {
        match self {
            Self::NameMissing => "wrong_name_missing",
            Self::NameWrong => "wrong_name",
            Self::PhoneMangled => "wrong_phone_mangled",
            Self::PhoneWrong => "wrong_phone",
            Self::EmailWrong => "wrong_email",
            Self::FlatMangled => "wrong_flat_mangled",
            Self::FlatWrong => "wrong_flat",
        }
    }
}

/// Text as it was meant: without blanks around it, full-width digits and letters made plain.
pub fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    text.trim().chars().map(narrow).collect::<String>().trim().to_owned()
}

/// A name, without blanks around it.
pub fn name(text: &str) -> Result<String, Wrong> {
    let name = text.trim();
    if name.is_empty() {
        Err(Wrong::NameMissing)
    } else if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        Err(Wrong::NameWrong)
    } else {
        Ok(name.to_owned())
    }
}

/// A telephone number, or none where there is nothing.
pub fn phone(text: &str) -> Result<Option<String>, Wrong> {
    let text = plain(text);
    if text.is_empty() {
        return Ok(None);
    }
    let lower = text.to_ascii_lowercase();
    let numeric = |c: char| c.is_ascii_digit() || "e+-.".contains(c);
    if lower.chars().all(numeric) && (lower.contains('e') || lower.contains('.')) {
        return Err(Wrong::PhoneMangled);
    }
    let written = |c: char| c.is_ascii_digit() || "+-() ".contains(c);
    let digits = phone_digits(&text);
    let mobile = digits.starts_with('1') && !text.starts_with('+');
    let fits = match digits.len() {
        11 if mobile => digits.as_bytes()[1] >= b'3',
        _ if mobile => false,
        n => (7..=15).contains(&n),
    };
    if fits && text.chars().all(written) { Ok(Some(text)) } else { Err(Wrong::PhoneWrong) }
}

/// An e-mail address, or none where there is nothing.
pub fn email(text: &str) -> Result<Option<String>, Wrong> {
    let text = plain(text);
    if text.is_empty() {
        return Ok(None);
    }
    let sound = |part: &str, extra: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || extra.contains(c);
        !part.is_empty()
            && part.chars().all(fits)
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
    };
    let parts = text.rsplit_once('@').filter(|(local, domain)| {
        let known = |label: &str| !label.starts_with('-') && !label.ends_with('-');
        sound(local, "!#$%&'*+-/=?^_`{|}~.")
            && sound(domain, "-.")
            && domain.contains('.')
            && domain.split('.').all(known)
    });
    if parts.is_some() && text.len() <= 254 { Ok(Some(text)) } else { Err(Wrong::EmailWrong) }
}

/// The number of a flat, or none where there is nothing.
pub fn flat(text: &str) -> Result<Option<String>, Wrong> {
    let text = plain(text);
    // `3-12` comes back from a spreadsheet as a month and a day, or as a whole date.
    let dated = text.contains('\u{6708}') && text.ends_with('\u{65e5}');
    let slashed = text.split('/').count() == 3;
    if text.is_empty() {
        Ok(None)
    } else if dated || slashed {
        Err(Wrong::FlatMangled)
    } else if text.chars().count() > FLAT_CHARS_MAX || text.chars().any(char::is_control) {
        Err(Wrong::FlatWrong)
    } else {
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_a_spreadsheet_has_rounded_are_named_as_such() {
        for mangled in ["1.38E+10", "1.38e10", "1.38001E+10", "13800138000.0", "１.38E＋10"] {
            assert_eq!(phone(mangled), Err(Wrong::PhoneMangled), "{mangled}");
        }
        for wrong in ["138001380", "12345678901", "138 0013 80001", "ask his wife", "12"] {
            assert_eq!(phone(wrong), Err(Wrong::PhoneWrong), "{wrong}");
        }
        for right in [
            "13800138000",
            "138-0013-8000",
            "+86 138 0013 8000",
            "0591-87654321",
            "+1 202 555 0123",
        ] {
            assert_eq!(phone(right), Ok(Some(right.to_owned())), "{right}");
        }
        assert_eq!(phone("１３８００１３８０００"), Ok(Some("13800138000".into())));
        assert_eq!(phone("  "), Ok(None));
    }

    #[test]
    fn addresses() {
        for right in ["a@example.org", "wang.fang+linli@mail.example.cn", "ａ@example.org"] {
            assert!(email(right).is_ok_and(|email| email.is_some()), "{right}");
        }
        for wrong in
            ["a", "a@b", "@example.org", "a b@example.org", "a@example..org", "a@-x.org", "a@x@"]
        {
            assert_eq!(email(wrong), Err(Wrong::EmailWrong), "{wrong}");
        }
    }

    #[test]
    fn names_and_flats() {
        assert_eq!(name("  王芳 "), Ok("王芳".into()));
        assert_eq!(name(" "), Err(Wrong::NameMissing));
        assert_eq!(name("a\nb"), Err(Wrong::NameWrong));
        assert_eq!(flat("３０２"), Ok(Some("302".into())));
        assert_eq!(flat("3单元12-1"), Ok(Some("3单元12-1".into())));
        assert_eq!(flat("3月12日"), Err(Wrong::FlatMangled));
        assert_eq!(flat("2026/3/12"), Err(Wrong::FlatMangled));
    }
}
