//! One SMTP conversation: opening it, and one mail after the other on it.

use std::{error::Error as _, io, iter, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Ehlo, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    StillOwner,
    config::{MailConfig, Tls},
    message::Prepared,
    outcome::{Code, Outcome, Reply, Stage},
};

/// Relays grow wary of, or close, connections that carry too much or idle too long.
const MAILS_MAX: u32 = 100;
const IDLE_MAX: Duration = Duration::from_secs(25);
/// How long a connection that is let go may take to say goodbye.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// An open, encrypted and signed-in connection.
pub(super) struct Session {
    smtp: AsyncSmtpConnection,
    pipelining: bool,
    utf8: bool,
    carried: u32,
    used_at: Instant,
    reply_within: Duration,
    body_within: Duration,
}

/// What became of one mail and of the connection that carried it.
pub(super) struct Step {
    pub(super) outcome: Outcome,
    /// The connection can carry more.
    pub(super) alive: bool,
    /// The body was on its way: another try might double the mail.
    pub(super) body_begun: bool,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy)]
struct Lost(&'static str);

/// A refused envelope, or none at all because the connection was lost.
enum Refusal {
    Said(Stage, Reply),
    Lost(Lost),
}

impl From<Lost> for Refusal {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl Session {
    /// Connects, encrypts and signs in. The error is the outcome of every mail that has no
    /// other connection to go by.
    pub(super) async fn open(
        config: &MailConfig,
        tls: Option<&TlsParameters>,
    ) -> Result<Self, Outcome> {
        let within = config.reply_within();
        let hello = ClientId::default();
        let mut smtp = waited(within, Stage::Connect, connect(config, tls, &hello)).await?;
        if let (Tls::StartTls, Some(tls)) = (config.tls, tls) {
            if !smtp.can_starttls() {
                return Err(Outcome::AccountConfig { code: Code::Local("starttls") });
            }
            waited(within, Stage::Connect, smtp.starttls(tls.clone(), &hello)).await?;
        }
        // lettre has asked this already, but keeps only the extensions that it knows.
        let offer = waited(within, Stage::Connect, smtp.command(Ehlo::new(hello))).await?;
        let pipelining = offer.message().any(|line| line.eq_ignore_ascii_case("PIPELINING"));
        if let (Some(user), Some(password)) = (&config.user, &config.password) {
            let account = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let known = [Mechanism::Plain, Mechanism::Login];
            waited(within, Stage::Auth, smtp.auth(&known, &account)).await?;
        }
        let utf8 = smtp.server_info().supports_feature(Extension::SmtpUtfEight);
        Ok(Self {
            smtp,
            pipelining,
            utf8,
            carried: 0,
            used_at: Instant::now(),
            reply_within: within,
            body_within: config.body_within(),
        })
    }

    /// Whether it has carried mail before: then the relay may have closed it meanwhile.
    pub(super) const fn is_used(&self) -> bool {
        self.carried > 0
    }

    /// Whether it may carry one more.
    pub(super) fn is_fit(&self) -> bool {
        self.carried < MAILS_MAX && self.used_at.elapsed() < IDLE_MAX
    }

    /// Ends it politely, without waiting long for the answer.
    pub(super) async fn close(mut self) {
        drop(timeout(GOODBYE_MAX, self.smtp.abort()).await);
    }

    /// Sends one mail. A refusal leaves the connection usable.
    pub(super) async fn deliver(&mut self, mail: &Prepared, still_owner: StillOwner<'_>) -> Step {
        let stay = |outcome| Step { outcome, alive: true, body_begun: false };
        let utf8 = !(is_ascii(&mail.to) && is_ascii(&mail.from));
        if utf8 && !self.utf8 {
            return stay(Outcome::AddressPermanent { code: Code::Local("smtputf8") });
        }
        let wire = match mail.wire() {
            Ok(wire) => wire,
            Err(outcome) => return stay(outcome),
        };
        self.carried += 1;
        match self.envelope(mail, utf8).await {
            Ok(()) => {}
            Err(Refusal::Said(stage, reply)) => {
                // After 421 the server hangs up; after any other "no" it starts afresh.
                let alive = reply.number != 421 && self.say(&Rset.to_string()).await.is_ok();
                return Step { outcome: reply.refusal(stage), alive, body_begun: false };
            }
            Err(Refusal::Lost(Lost(word))) => {
                let outcome = Outcome::Transient { code: Code::Local(word) };
                return Step { outcome, alive: false, body_begun: false };
            }
        }
        if !still_owner() {
            // Hanging up before the end of data is how SMTP takes a mail back.
            return Step { outcome: Outcome::NotSent, alive: false, body_begun: true };
        }
        let said = self.heard_within(self.body_within, &wire).await;
        self.used_at = Instant::now();
        match said {
            Ok(reply) if reply.is_positive() => Step {
                outcome: Outcome::Accepted { code: reply.code() },
                alive: true,
                body_begun: true,
            },
            Ok(reply) => {
                let alive = reply.number != 421;
                Step { outcome: reply.refusal(Stage::Body), alive, body_begun: true }
            }
            // Whether the end of data had left before the loss cannot be told from here.
            Err(_) => Step { outcome: Outcome::Indeterminate, alive: false, body_begun: true },
        }
    }

    /// MAIL, RCPT and DATA: in one write when the server allows it, else one by one.
    async fn envelope(&mut self, mail: &Prepared, utf8: bool) -> Result<(), Refusal> {
        let from = Mail::new(Some(mail.from.clone()), parameters(mail, utf8)).to_string();
        let to = Rcpt::new(mail.to.clone(), vec![]).to_string();
        if !self.pipelining {
            for (stage, line) in
                [(Stage::Mail, from), (Stage::Rcpt, to), (Stage::Body, Data.to_string())]
            {
                let reply = self.say(&line).await?;
                if !reply.is_positive() {
                    return Err(Refusal::Said(stage, reply));
                }
            }
            return Ok(());
        }
        let mut refused = None;
        let mut data = self.say(&format!("{from}{to}{Data}")).await?;
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Body] {
            if stage != Stage::Mail {
                data = self.hear().await?;
            }
            if data.number == 421 {
                return Err(Refusal::Said(stage, data));
            }
            if !data.is_positive() && refused.is_none() {
                refused = Some((stage, data.clone()));
            }
        }
        let Some((stage, reply)) = refused else { return Ok(()) };
        if data.is_positive() {
            // It wants a body although it has no recipient: a lone dot ends that (RFC 2920, 3.1).
            self.say(".\r\n").await?;
        }
        Err(Refusal::Said(stage, reply))
    }

    async fn say(&mut self, lines: &str) -> Result<Reply, Lost> {
        self.heard_within(self.reply_within, lines).await
    }

    async fn heard_within(&mut self, within: Duration, lines: &str) -> Result<Reply, Lost> {
        reply(timeout(within, self.smtp.command(lines)).await)
    }

    async fn hear(&mut self) -> Result<Reply, Lost> {
        reply(timeout(self.reply_within, self.smtp.read_response()).await)
    }
}

/// Opens the connection and exchanges greetings. Over our own stream, so that NODELAY is set
/// before the first byte; only TLS from the first byte leaves the socket to lettre, which has
/// no way in for ours there. Each group goes out in one write, so nothing is held back anyway.
async fn connect(
    config: &MailConfig,
    tls: Option<&TlsParameters>,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, Opening> {
    let server = (config.host.as_str(), config.port());
    if config.tls == Tls::Tls {
        let within = Some(config.reply_within());
        let tls = tls.cloned();
        return Ok(AsyncSmtpConnection::connect_tokio1(server, within, hello, tls, None).await?);
    }
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello).await?)
}

fn is_ascii(address: &Address) -> bool {
    address.user().is_ascii() && address.domain().is_ascii()
}

fn parameters(mail: &Prepared, utf8: bool) -> Vec<MailParameter> {
    let mut parameters = Vec::new();
    if utf8 {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    parameters
}

/// What can fail while a connection opens.
enum Opening {
    Connect,
    Smtp(SmtpError),
}

impl From<io::Error> for Opening {
    fn from(_: io::Error) -> Self {
        Self::Connect
    }
}

impl From<SmtpError> for Opening {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

/// One step of the opening, with its time limit and its failure as an outcome.
async fn waited<T, E: Into<Opening>>(
    within: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, Outcome> {
    let error = match timeout(within, step).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.into(),
        Err(_) => return Err(Outcome::Transient { code: Code::Local("timeout") }),
    };
    let Opening::Smtp(error) = error else {
        return Err(Outcome::Transient { code: Code::Local("connect") });
    };
    if let Some(reply) = negative(&error) {
        return Err(reply.refusal(stage));
    }
    Err(match system(&error) {
        // rustls tells a certificate that it refuses, or a peer that speaks no TLS, this way.
        Some(io::ErrorKind::InvalidData) => Outcome::AccountConfig { code: Code::Local("tls") },
        Some(io::ErrorKind::ConnectionRefused) => {
            Outcome::Transient { code: Code::Local("connect") }
        }
        _ if stage == Stage::Auth && error.is_client() => {
            Outcome::AccountConfig { code: Code::Local("auth") }
        }
        _ => Outcome::Transient { code: Code::Local("closed") },
    })
}

/// The system's error at the bottom of lettre's, which wraps those of a handshake twice.
fn system(error: &SmtpError) -> Option<io::ErrorKind> {
    iter::successors(error.source(), |&error| error.source())
        .find_map(|error| error.downcast_ref().map(io::Error::kind))
}

fn reply(
    answered: Result<Result<Response, SmtpError>, tokio::time::error::Elapsed>,
) -> Result<Reply, Lost> {
    match answered {
        Ok(Ok(response)) => {
            let text = response.first_line().unwrap_or_default();
            Ok(Reply::new(u16::from(response.code()), text))
        }
        Ok(Err(error)) => negative(&error).ok_or(Lost("closed")),
        Err(_) => Err(Lost("timeout")),
    }
}

/// The negative reply inside an error of lettre's, which keeps its text as the source.
fn negative(error: &SmtpError) -> Option<Reply> {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    error.status().map(|code| Reply::new(u16::from(code), text))
}
