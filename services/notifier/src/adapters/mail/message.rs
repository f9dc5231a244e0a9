//! One mail and its bytes (RFC 5322). The same mail gives the same bytes whenever it is made.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::outcome::{Code, Outcome};

/// A mail to one resident, addressed and rendered. It is personal data: make it, send it,
/// drop it; nothing of it belongs into a log, which is why it cannot be printed for debugging.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The sender's address, usually that of the configuration: relays insist on it.
    pub from: String,
    /// The sender's name, usually the community's.
    pub from_name: Option<String>,
    /// Where an answer goes, when not to `from`.
    pub reply_to: Option<String>,
    /// The subject, any script; line breaks become spaces.
    pub subject: String,
    /// The text for those who read text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Our stable Message-ID in angle brackets, see [`message_id`].
    pub message_id: String,
    /// When it was made; the same at a second try.
    pub date: DateTime<Utc>,
    /// The language of the text as a tag: `zh`, `en`.
    pub language: String,
    /// Marked important: a cancellation or change that must be seen today.
    pub urgent: bool,
    /// How to unsubscribe with one click (RFC 8058); none for sign-in links and duty notices.
    pub unsubscribe: Option<Unsubscribe>,
}

/// The two ways to unsubscribe that every mail of a subscription carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// An `https` address; a POST there acts, a GET only shows a page.
    pub https: String,
    /// A mail address, without `mailto:`.
    pub mailto: String,
}

/// The Message-ID of the delivery `key` sent by the host `host`: the same at every try, so
/// mailboxes can drop a double.
pub fn message_id(key: &str, host: &str) -> String {
    format!("<{key}@{host}>")
}

/// A mail as it goes over the wire.
pub(super) struct Prepared {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

impl Prepared {
    /// Renders `mail`, or says for good why it cannot be sent.
    pub(super) fn new(mail: &Mail) -> Result<Self, Outcome> {
        let to: Address = mail
            .to
            .parse()
            .map_err(|_| Outcome::AddressPermanent { code: Code::Local("address") })?;
        let from = our_address(&mail.from)?;
        let mut message = Message::builder()
            .from(mailbox(mail.from_name.as_deref(), &from))
            .to(mailbox(mail.to_name.as_deref(), &to))
            .subject(one_line(&mail.subject))
            .date(SystemTime::from(mail.date))
            .message_id(Some(checked_id(&mail.message_id)?))
            .raw_header(plain("Auto-Submitted", "auto-generated"))
            .raw_header(plain("Content-Language", token(&mail.language)?));
        if let Some(reply_to) = &mail.reply_to {
            message = message.reply_to(mailbox(None, &our_address(reply_to)?));
        }
        if mail.urgent {
            message = message.raw_header(plain("Importance", "high"));
        }
        if let Some(unsubscribe) = &mail.unsubscribe {
            message = message
                .raw_header(plain("List-Unsubscribe", &unsubscribe.header()?))
                .raw_header(plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let message = message.multipart(parts(mail)).map_err(|_| CONTENT)?;
        Ok(Self { from, to, bytes: message.formatted() })
    }

    /// The body with its dots doubled and the end-of-data line, ready to go out in one write.
    /// Lines beginning with a dot would otherwise end it early (RFC 5321, 4.5.2).
    pub(super) fn wire(&self) -> Result<String, Outcome> {
        let body = str::from_utf8(&self.bytes).map_err(|_| CONTENT)?;
        let mut wire = String::with_capacity(body.len() + 64);
        if body.starts_with('.') {
            wire.push('.');
        }
        let mut rest = body;
        while let Some(at) = rest.find("\r\n.") {
            wire.push_str(&rest[..at + 3]);
            wire.push('.');
            rest = &rest[at + 3..];
        }
        wire.push_str(rest);
        wire.push_str(if body.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" });
        Ok(wire)
    }
}

const CONTENT: Outcome = Outcome::ContentPermanent { code: Code::Local("content") };

impl Unsubscribe {
    fn header(&self) -> Result<String, Outcome> {
        let safe = |uri: &str| uri.bytes().all(|b| b.is_ascii_graphic() && !b"<>,".contains(&b));
        if self.https.starts_with("https://") && safe(&self.https) && safe(&self.mailto) {
            Ok(format!("<{}>,\r\n <mailto:{}>", self.https, self.mailto))
        } else {
            Err(CONTENT)
        }
    }
}

/// Text and HTML side by side.
fn parts(mail: &Mail) -> MultiPart {
    // The boundary follows from the Message-ID, not from chance.
    let name = format!("{}/alternative", mail.message_id);
    let boundary = format!("=_{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple());
    MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::plain(mail.text.clone()))
        .singlepart(SinglePart::html(mail.html.clone()))
}

fn our_address(address: &str) -> Result<Address, Outcome> {
    address.parse().map_err(|_| Outcome::AccountConfig { code: Code::Local("sender") })
}

fn mailbox(name: Option<&str>, address: &Address) -> Mailbox {
    Mailbox::new(name.map(one_line).filter(|name| !name.is_empty()), address.clone())
}

/// Text that residents wrote must not be able to begin a header of its own.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn checked_id(id: &str) -> Result<String, Outcome> {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let sound = inner.and_then(|inner| inner.split_once('@')).is_some_and(|(key, host)| {
        let word = |part: &str| {
            let graphic = |b: u8| b.is_ascii_graphic() && !b"<>@()[]\\,;:\"".contains(&b);
            !part.is_empty() && part.bytes().all(graphic)
        };
        word(key) && word(host)
    });
    if sound && id.len() <= 250 { Ok(id.to_owned()) } else { Err(CONTENT) }
}

fn token(language: &str) -> Result<&str, Outcome> {
    let sound = !language.is_empty()
        && language.len() <= 35
        && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if sound { Ok(language) } else { Err(CONTENT) }
}

/// A header whose value is known to be plain ASCII and folded; lettre would otherwise encode
/// a long address as if it were words.
fn plain(name: &'static str, value: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests;
