//! What became of a mail, and how an SMTP reply is read.

use std::fmt;

/// What became of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The relay, or the outbox, has taken charge of it.
    Accepted {
        /// The reply to the body.
        code: Code,
    },
    /// A passing trouble: try again later.
    Transient {
        /// The reply, or what failed here.
        code: Code,
    },
    /// The relay asks for a slower pace: try again later, without counting an attempt.
    Throttled {
        /// The reply.
        code: Code,
    },
    /// This address takes no mail. Pause it until a person has looked.
    AddressPermanent {
        /// The reply, or what failed here.
        code: Code,
    },
    /// This text is refused wherever it goes. The address may be fine.
    ContentPermanent {
        /// The reply, or what failed here.
        code: Code,
    },
    /// Our account, sender or encryption is set up wrongly: no mail passes until the
    /// configuration is mended. Counts against no recipient.
    AccountConfig {
        /// The reply, or what failed here.
        code: Code,
    },
    /// The connection was lost while the body was under way or its reply was due, so the
    /// mail may have arrived. It may be sent once more under the same Message-ID.
    Indeterminate,
    /// Nothing was tried: this node no longer owns the sending.
    NotSent,
}

impl Outcome {
    /// The class as a stable word, for the log and for metrics.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Transient { .. } => "transient",
            Self::Throttled { .. } => "throttled",
            Self::AddressPermanent { .. } => "address-permanent",
            Self::ContentPermanent { .. } => "content-permanent",
            Self::AccountConfig { .. } => "account-config",
            Self::Indeterminate => "indeterminate",
            Self::NotSent => "not-sent",
        }
    }

    /// The code, where there is one.
    pub const fn code(self) -> Option<Code> {
        match self {
            Self::Accepted { code }
            | Self::Transient { code }
            | Self::Throttled { code }
            | Self::AddressPermanent { code }
            | Self::ContentPermanent { code }
            | Self::AccountConfig { code } => Some(code),
            Self::Indeterminate | Self::NotSent => None,
        }
    }
}

/// A reply's numbers, or the name of what failed on our side. Shown as `550 5.1.1`, `timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The server's numbers.
    Smtp {
        /// The three-digit reply code.
        reply: u16,
        /// The enhanced status code of RFC 3463, when the reply began with one.
        enhanced: Option<Enhanced>,
    },
    /// A fixed word: `address`, `auth`, `closed`, `connect`, `content`, `disk`, `protocol`,
    /// `sender`, `smtputf8`, `starttls`, `stored`, `timeout`, `tls`.
    Local(&'static str),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp { reply, enhanced: None } => write!(f, "{reply}"),
            Self::Smtp { reply, enhanced: Some(enhanced) } => write!(f, "{reply} {enhanced}"),
            Self::Local(word) => f.write_str(word),
        }
    }
}

/// An enhanced status code: class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced(pub u16, pub u16, pub u16);

impl Enhanced {
    /// Reads `5.1.1`; `None` for anything else.
    fn parse(word: &str) -> Option<Self> {
        let mut parts = word.split('.').map(|part| part.parse::<u16>().ok());
        let code = Self(parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && (2..=5).contains(&code.0)).then_some(code)
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Where in the conversation a reply was given. The same number means different things there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Greeting, EHLO or STARTTLS.
    Connect,
    /// AUTH.
    Auth,
    /// MAIL FROM, which speaks of our sender.
    Mail,
    /// RCPT TO, which speaks of the recipient.
    Rcpt,
    /// DATA and the body, which speak of the text.
    Body,
}

/// One reply of the server. Its text lives only until it has been classified.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) number: u16,
    text: String,
}

impl Reply {
    pub(super) fn new(number: u16, text: impl Into<String>) -> Self {
        Self { number, text: text.into() }
    }

    pub(super) const fn is_positive(&self) -> bool {
        self.number < 400
    }

    fn enhanced(&self) -> Option<Enhanced> {
        self.text.split_whitespace().next().and_then(Enhanced::parse)
    }

    pub(super) fn code(&self) -> Code {
        Code::Smtp { reply: self.number, enhanced: self.enhanced() }
    }

    /// The outcome that a negative reply at `stage` stands for.
    pub(super) fn refusal(&self, stage: Stage) -> Outcome {
        if self.number < 500 { self.passing(stage) } else { self.lasting(stage) }
    }

    fn passing(&self, stage: Stage) -> Outcome {
        let code = self.code();
        // 454 to AUTH is the server's own trouble (RFC 4954), not a question of pace.
        let slower = match self.enhanced() {
            Some(Enhanced(_, 7, 28) | Enhanced(_, 4, 5) | Enhanced(_, 5, 3)) => true,
            _ => matches!(self.number, 421 | 450 | 451 | 452 | 454) && self.speaks_of(PACE),
        };
        if slower && stage != Stage::Auth {
            Outcome::Throttled { code }
        } else {
            Outcome::Transient { code }
        }
    }

    fn lasting(&self, stage: Stage) -> Outcome {
        let code = self.code();
        let status = self.enhanced().map(|e| (e.1, e.2));
        // Wherever they come, these say that we must sign in, or sign in differently.
        let sign_in = matches!(self.number, 530 | 534 | 535 | 538)
            || matches!(status, Some((7, 8 | 9 | 11 | 13 | 60) | (1, 7 | 8)));
        let relaying = stage == Stage::Rcpt
            && matches!(status, None | Some((7, _)))
            && self.speaks_of(RELAYING);
        if sign_in || relaying {
            return Outcome::AccountConfig { code };
        }
        // A full mailbox is emptied again one day, whatever the first digit says; 552 to RCPT
        // was once the word for it (RFC 5321, 4.5.3.1.10).
        let full = stage == Stage::Rcpt && status.is_none() && self.number == 552;
        match (stage, status) {
            (_, Some((2, 2))) => Outcome::Transient { code },
            _ if full => Outcome::Transient { code },
            (Stage::Connect | Stage::Auth, _) => Outcome::AccountConfig { code },
            (_, Some((3, 4) | (6, _))) => Outcome::ContentPermanent { code },
            (Stage::Mail, _) => Outcome::AccountConfig { code },
            (_, Some((1 | 2, _) | (4, 4))) | (Stage::Rcpt, None) => {
                Outcome::AddressPermanent { code }
            }
            (Stage::Rcpt, Some((7, _))) | (Stage::Body, _) => Outcome::ContentPermanent { code },
            // An unknown lasting refusal is tried again; the decider ends that soon enough.
            (Stage::Rcpt, Some(_)) => Outcome::Transient { code },
        }
    }

    fn speaks_of(&self, words: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        words.iter().any(|word| text.contains(word))
    }
}

/// Words that relays use when the pace or a quota is meant, the Chinese ones included.
const PACE: &[&str] = &[
    "rate", "quota", "too many", "too fast", "too much", "limit", "throttl", "frequen", "exceed",
    "频", "超过", "过多", "过快",
];

/// Words by which a relay says that it does not relay for us.
const RELAYING: &[&str] = &["relay", "not permitted to send", "authentication required"];

#[cfg(test)]
mod tests {
    use super::{Code, Enhanced, Outcome, Reply, Stage};

    fn class(stage: Stage, number: u16, text: &str) -> &'static str {
        Reply::new(number, text).refusal(stage).class()
    }

    #[test]
    fn each_reply_falls_into_its_class() {
        use Stage::{Auth, Body, Connect, Mail, Rcpt};
        for (stage, number, text, expected) in [
            (Rcpt, 550, "5.1.1 no such user", "address-permanent"),
            (Rcpt, 550, "no such user here", "address-permanent"),
            (Rcpt, 556, "5.1.10 null MX", "address-permanent"),
            (Rcpt, 550, "5.4.4 unable to route", "address-permanent"),
            (Rcpt, 501, "bad address syntax", "address-permanent"),
            (Rcpt, 552, "5.2.2 mailbox full", "transient"),
            (Rcpt, 552, "mailbox full", "transient"),
            (Rcpt, 451, "4.7.1 greylisted, come back", "transient"),
            (Rcpt, 450, "4.2.0 mailbox busy", "transient"),
            (Rcpt, 452, "4.3.1 insufficient storage", "transient"),
            (Rcpt, 452, "4.5.3 your message has too many recipients", "throttled"),
            (Rcpt, 450, "4.7.1 rate limit, slow down", "throttled"),
            (Rcpt, 554, "5.7.1 <x>: Relay access denied", "account-config"),
            (Rcpt, 550, "relaying denied", "account-config"),
            (Rcpt, 550, "5.7.1 blocked by policy", "content-permanent"),
            (Rcpt, 550, "5.5.9 something new", "transient"),
            (Mail, 550, "5.1.0 sender rejected", "account-config"),
            (Mail, 553, "sender not owned by user", "account-config"),
            (Mail, 552, "5.3.4 message too big", "content-permanent"),
            (Mail, 530, "5.7.0 must authenticate", "account-config"),
            (Mail, 550, "5.1.8 sender domain", "account-config"),
            (Mail, 421, "4.7.0 too many messages", "throttled"),
            (Mail, 450, "发信频率过快", "throttled"),
            (Mail, 421, "service shutting down", "transient"),
            (Body, 554, "5.7.1 looks like spam", "content-permanent"),
            (Body, 550, "5.6.0 malformed", "content-permanent"),
            (Body, 554, "transaction failed", "content-permanent"),
            (Body, 550, "5.1.1 no such user", "address-permanent"),
            (Body, 451, "4.3.0 local error", "transient"),
            (Auth, 535, "5.7.8 wrong password", "account-config"),
            (Auth, 454, "4.7.0 too many failures", "transient"),
            (Connect, 554, "no service for you", "account-config"),
            (Connect, 421, "too many connections", "throttled"),
        ] {
            assert_eq!(class(stage, number, text), expected, "{stage:?} {number} {text}");
        }
    }

    #[test]
    fn a_code_keeps_the_numbers_and_not_the_words() {
        let refused = Reply::new(550, "5.1.1 <auntie@example.cn> unknown").refusal(Stage::Rcpt);
        let code = Code::Smtp { reply: 550, enhanced: Some(Enhanced(5, 1, 1)) };
        assert_eq!(refused, Outcome::AddressPermanent { code });
        assert_eq!(code.to_string(), "550 5.1.1");
        assert_eq!(Reply::new(550, "5.1 half a code").code().to_string(), "550");
        assert_eq!(Reply::new(550, "").code().to_string(), "550");
    }
}
