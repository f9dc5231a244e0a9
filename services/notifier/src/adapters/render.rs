//! What a mail says, in the resident's language: made when it is sent, and kept nowhere.

use askama::Template;
use linli_platform::{
    directory::{Address, DirectoryError, SignIn, SignedIn},
    ids::StreamId,
    service::Platform,
    tables::{Tables, TablesError},
    vault::SealError,
    web::Language,
};
use rusqlite::Connection;

use super::{
    hand::Post,
    mail::{Mail, Unsubscribe, message_id},
    week::{self, Weeks},
};
use crate::{
    contract::Class,
    projections::{
        announcements, covers, deliveries,
        occurrences::{self, Named, Occurrence},
    },
    routes::{UNSUBSCRIBE, words::Tongue},
    values::{COVER, Key, Purpose},
};

/// Why a mail can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    /// The occurrence is not known.
    #[error("there is no such occurrence")]
    NoOccurrence,
    /// Whoever asked has no address any more.
    #[error("there is no address")]
    NoAddress,
    /// There is nothing to tell: the week's occurrences were all cancelled.
    #[error("there is nothing to tell")]
    Nothing,
    /// The tables can't be read.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// No link to sign in with could be had.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The link to unsubscribe could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The template failed.
    #[error(transparent)]
    Template(#[from] askama::Error),
}

impl Unwritable {
    pub(super) fn class(&self) -> Class {
        match self {
            Self::Tables(_) | Self::Directory(DirectoryError::Down(_)) => Class::Transient,
            Self::NoAddress => Class::Address,
            _ => Class::Content,
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NoAddress => "no-address",
            Self::Directory(_) => "directory",
            _ => "render",
        }
    }
}

/// Writes the mails of one batch.
pub(super) struct Renderer<'a> {
    pub platform: &'a Platform,
    pub post: &'a Post,
    pub tables: &'a Tables,
    pub to: &'a StreamId,
    /// The week of summaries.
    pub weeks: Weeks,
}

/// One occurrence in a letter.
struct Item {
    title: String,
    when: String,
    venue: String,
    link: String,
}

/// A mail's text, for both templates.
#[derive(Default)]
struct Letter {
    language: &'static str,
    subject: String,
    greeting: String,
    lead: String,
    items: Vec<Item>,
    facts: Vec<(String, String)>,
    /// The one thing to do: label and address.
    button: Option<(String, String)>,
    /// Label and address of the way out.
    unsubscribe: Option<(String, String)>,
    community: String,
    urgent: bool,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

impl Renderer<'_> {
    /// Writes the mail of a delivery.
    pub(super) async fn mail(&self, key: Key, address: &Address) -> Result<Mail, Unwritable> {
        let tongue = Tongue(Language::of(&address.language));
        let letter = match key.purpose {
            Purpose::SignIn(_) => return Err(Unwritable::Nothing),
            Purpose::Digest => self.digest(key, tongue).await?,
            Purpose::Announcement => self.announcement(tongue).await?,
            Purpose::Unfilled if self.to.id().starts_with(COVER) => self.cover(tongue).await?,
            Purpose::Unfilled => self.unfilled(key, tongue).await?,
            Purpose::Lead(_) | Purpose::Promoted | Purpose::Changed => {
                self.occurrence(key, tongue).await?
            }
        };
        self.addressed(key, address, tongue, letter).await
    }

    /// Writes the mail with a link to sign in: to whoever asked for it, whatever else they agreed
    /// to be sent.
    pub(super) async fn sign_in(&self, key: Key) -> Result<Mail, Unwritable> {
        let mint = SignIn::MintLink { person: key.resident };
        let minted = self.platform.directory.sign_in(mint).await?;
        let SignedIn::Minted { secret, until, to } = minted else {
            return Err(DirectoryError::Refused.into());
        };
        let tongue = Tongue(Language::of(&to.language));
        let left = (until - self.platform.clock.now()).num_minutes().max(1).to_string();
        let link = format!("{}/sign-in/link?secret={secret}", self.platform.public_url);
        let letter = Letter {
            subject: tongue.t("mail_sign_in_subject"),
            lead: tongue.with("mail_sign_in_lead", &[("minutes", &left)]),
            button: Some((tongue.t("mail_sign_in_button"), link)),
            ..Letter::default()
        };
        self.addressed(key, &to, tongue, letter).await
    }

    async fn addressed(
        &self,
        key: Key,
        address: &Address,
        tongue: Tongue,
        mut letter: Letter,
    ) -> Result<Mail, Unwritable> {
        letter.language = tongue.0.code();
        letter.greeting = tongue.with("mail_greeting", &[("name", &address.name)]);
        let unsubscribe = self.unsubscribe(key, tongue, &mut letter)?;
        let (to, here) = (self.to.clone(), self.to.community().to_owned());
        let (date, community) = self
            .tables
            .read(move |db| {
                let date = deliveries::first_at(db, &to, key)?;
                Ok((date, occurrences::name(db, Named::Place, &here, tongue.0)?))
            })
            .await?;
        letter.community = if community.is_empty() { tongue.t("linli") } else { community };
        let text = Text { letter: &letter }.render()?;
        let html = Html { letter: &letter }.render()?;
        Ok(Mail {
            to: address.email.clone().ok_or(Unwritable::NoAddress)?,
            to_name: Some(address.name.clone()),
            from: self.post.from.clone(),
            from_name: self.post.from_name.clone().or(Some(letter.community)),
            reply_to: self.post.reply_to.clone(),
            subject: letter.subject,
            text,
            html,
            message_id: message_id(&key.lasting_name(self.to), self.host()),
            date: date.unwrap_or_else(|| self.platform.clock.now()),
            language: tongue.0.code().to_owned(),
            urgent: letter.urgent,
            unsubscribe,
        })
    }

    /// The host that message ids are of: that of the public address.
    fn host(&self) -> &str {
        let url = &self.platform.public_url;
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or("linli.invalid")
    }

    /// Adds the way out to what somebody subscribed to; a change is told to whoever takes part,
    /// subscribed or not.
    fn unsubscribe(
        &self,
        key: Key,
        tongue: Tongue,
        letter: &mut Letter,
    ) -> Result<Option<Unsubscribe>, Unwritable> {
        if !matches!(key.purpose, Purpose::Lead(_) | Purpose::Digest | Purpose::Announcement) {
            return Ok(None);
        }
        let token = self.platform.vault.seal_cookie(UNSUBSCRIBE, key.resident.as_bytes())?;
        let https = format!("{}/unsubscribe/{token}", self.platform.public_url);
        letter.unsubscribe = Some((tongue.t("mail_unsubscribe"), https.clone()));
        // Mail programs act on a secure address alone; without one the link in the text remains.
        let mailto = format!("{}?subject=unsubscribe", self.post.from);
        Ok(https.starts_with("https://").then_some(Unsubscribe { https, mailto }))
    }

    async fn occurrence(&self, key: Key, tongue: Tongue) -> Result<Letter, Unwritable> {
        let stream = self.to.clone();
        let (revisions, told) = self
            .tables
            .read(move |db| {
                let revisions = occurrences::revisions(db, stream.id(), tongue.0)?;
                Ok((revisions, deliveries::last_told(db, &stream, key.revision)?))
            })
            .await?;
        // What stands now, even if it is newer than what the delivery was ordered for.
        let occ = revisions.first().ok_or(Unwritable::NoOccurrence)?;
        let item = self.item(occ, tongue);
        let of = [("title", item.title.as_str()), ("when", item.when.as_str())];
        let (subject, lead, urgent) = match key.purpose {
            Purpose::Changed if occ.cancelled => {
                (tongue.with("mail_cancelled_subject", &of), tongue.t("mail_cancelled_lead"), true)
            }
            Purpose::Changed => {
                (tongue.with("mail_moved_subject", &of), tongue.t("mail_moved_lead"), true)
            }
            Purpose::Promoted => {
                let lead = tongue.t("mail_promoted_lead");
                (tongue.with("mail_promoted_subject", &of), lead, true)
            }
            Purpose::Unfilled => {
                let lead = tongue.t("mail_unfilled_lead");
                (tongue.with("mail_unfilled_subject", &of), lead, false)
            }
            _ => (tongue.with("mail_lead_subject", &of), tongue.t("mail_lead_lead"), false),
        };
        let mut facts = Vec::new();
        if key.purpose == Purpose::Changed {
            let before = revisions.iter().find(|old| old.revision == told);
            if let Some(old) = before.filter(|_| !occ.cancelled) {
                facts.push((tongue.t("mail_when_before"), tongue.when(old)));
                if old.venue != occ.venue && !old.venue_name.is_empty() {
                    facts.push((tongue.t("mail_venue_before"), old.venue_name.clone()));
                }
            }
            if !occ.reason.is_empty() {
                facts.push((tongue.t("mail_reason"), occ.reason.clone()));
            }
        }
        let button = Some((tongue.t("mail_open"), item.link.clone()));
        Ok(Letter { subject, lead, urgent, facts, button, items: vec![item], ..Letter::default() })
    }

    fn item(&self, occ: &Occurrence, tongue: Tongue) -> Item {
        let url = &self.platform.public_url;
        let link = format!("{url}/c/{}/{}/{}", occ.community, occ.slug, occ.recurrence_id);
        let (title, venue) = (occ.title.clone(), occ.venue_name.clone());
        Item { title, when: tongue.when(occ), venue, link }
    }

    async fn announcement(&self, tongue: Tongue) -> Result<Letter, Unwritable> {
        let (community, source) = (self.to.community().to_owned(), self.to.id().to_owned());
        let id = source.strip_prefix("announcement-").unwrap_or_default().to_owned();
        let read = self.tables.read(move |db| announcements::one(db, &community, &id)).await?;
        let told = read.ok_or(Unwritable::Nothing)?;
        let link = format!("{}/c/{}", self.platform.public_url, self.to.community());
        Ok(Letter {
            subject: told.title,
            lead: told.text,
            button: Some((tongue.t("mail_open_community"), link)),
            ..Letter::default()
        })
    }

    /// To the member of staff who looks after the activity.
    async fn unfilled(&self, key: Key, tongue: Tongue) -> Result<Letter, Unwritable> {
        let id = self.to.id().to_owned();
        let missing = self.tables.read(move |db| announcements::unfilled(db, &id)).await?;
        let mut letter = self.occurrence(key, tongue).await?;
        let fact = |duty: crate::contract::heard::Missing| {
            let n = duty.places.to_string();
            (duty.name, tongue.with("mail_unfilled_missing", &[("n", &n)]))
        };
        letter.facts = missing.into_iter().map(fact).collect();
        Ok(letter)
    }

    /// The same, when nobody stands in at a standing duty.
    async fn cover(&self, tongue: Tongue) -> Result<Letter, Unwritable> {
        let id = self.to.id().to_owned();
        let read = self.tables.read(move |db| covers::one(db, &id, tongue.0)).await?;
        let cover = read.ok_or(Unwritable::Nothing)?;
        let [from, until] = [cover.from_on, cover.until_on].map(|on| tongue.date(on));
        let days = if from == until { from } else { format!("{from} – {until}") };
        let link = format!("{}/desk/{}/duties", self.platform.public_url, self.to.community());
        Ok(Letter {
            subject: tongue.with("mail_cover_subject", &[("duty", &cover.duty), ("days", &days)]),
            lead: tongue.t("mail_cover_lead"),
            facts: vec![(cover.duty, days)],
            button: Some((tongue.t("mail_cover_button"), link)),
            ..Letter::default()
        })
    }

    async fn digest(&self, key: Key, tongue: Tongue) -> Result<Letter, Unwritable> {
        let week = self.weeks.of(self.tables, self.to, tongue.0).await?;
        let wanted = move |db: &Connection| week::wanted(db, &week, key.resident);
        let occurrences = self.tables.read(wanted).await?;
        let (first, count) = match occurrences.first() {
            Some(occ) => (occ.start.with_timezone(&occ.zone), occurrences.len().to_string()),
            None => return Err(Unwritable::Nothing),
        };
        let of = [("n", count.as_str()), ("week", &first.format("%V").to_string())];
        Ok(Letter {
            subject: tongue.with("mail_digest_subject", &of),
            lead: tongue.with("mail_digest_lead", &of),
            items: occurrences.iter().map(|occ| self.item(occ, tongue)).collect(),
            ..Letter::default()
        })
    }
}
