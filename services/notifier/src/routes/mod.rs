//! The notifier's pages: one's own subscriptions, the way out of every mail, the desk's call list
//! and deliveries, and in a demonstration the mails themselves.

use std::sync::Arc;

use linli_platform::{
    decider::Decider,
    entropy::derived,
    ids::{CommandId, Position, StreamId},
    service::Platform,
    stream::{ExecuteError, Meta},
    tables::Tables,
    web::{Need, Refusal, Routes, Viewer},
};
use uuid::Uuid;

use crate::{
    adapters::hand::Post,
    deciders::{Subscription, SubscriptionCommand, Unfit},
};

mod announcements;
mod desk;
mod my;
mod occurrence;
mod outbox;
mod refused;
mod unsubscribe;
pub(crate) mod words;

pub use my::fragment as my_fragment;
pub use occurrence::fragment as occurrence_fragment;
pub use refused::refused;
use words::Tongue;

/// What the token in a mail's way out is sealed as.
pub(crate) const UNSUBSCRIBE: &str = "unsubscribe";

/// What the pages work with.
#[derive(Clone)]
pub(crate) struct Face {
    pub platform: Platform,
    pub tables: Tables,
    pub post: Arc<Post>,
}

const FOLLOW_UP: Need = Need::May("notifier.followup");

pub(crate) fn all(face: Face, demo: bool) -> Routes {
    let residents = Routes::new()
        .get("/my/subscriptions", Need::SignedIn, my::page)
        .post("/my/subscriptions", Need::SignedIn, my::subscribe)
        .post("/my/subscriptions/end", Need::SignedIn, my::end)
        .post("/my/quiet", Need::SignedIn, my::quiet)
        .post("/my/reminders", Need::SignedIn, my::reminders)
        .post("/c/{community}/{activity}/subscribe", Need::SignedIn, occurrence::subscribe)
        .post("/c/{community}/{activity}/unsubscribe", Need::SignedIn, occurrence::unsubscribe)
        .get("/unsubscribe/{token}", Need::Anyone, unsubscribe::page)
        .post("/unsubscribe/{token}", Need::Anyone, unsubscribe::act);
    let desk = Routes::new()
        .get("/desk/{community}/deliveries", FOLLOW_UP, desk::deliveries)
        .post("/desk/{community}/deliveries/resend", FOLLOW_UP, desk::resend)
        .post("/desk/{community}/deliveries/let-go", FOLLOW_UP, desk::let_go)
        .get("/desk/{community}/calls", FOLLOW_UP, desk::calls)
        .post("/desk/{community}/calls", FOLLOW_UP, desk::tick);
    let announce = Need::May("announce");
    let desk = desk
        .get("/desk/{community}/announcements", announce, announcements::list)
        .post("/desk/{community}/announcements", announce, announcements::say)
        .post("/desk/{community}/announcements/posted", announce, announcements::post);
    let mut routes = residents.merge(desk);
    if demo {
        routes = routes.get("/outbox", Need::Anyone, outbox::list).get(
            "/outbox/{file}",
            Need::Anyone,
            outbox::letter,
        );
    }
    let tables = face.tables.clone();
    routes.sharing(face).waiting_for(&tables)
}

/// A stream of this service; what can't be part of a name is not there.
fn stream<D: Decider>(community: &str, id: impl std::fmt::Display) -> Result<StreamId, Refusal> {
    StreamId::new(community, D::SERVICE, D::CATEGORY, id).map_err(|_| Refusal::missing())
}

impl Face {
    /// Gives a command of a visitor to a stream; where to wait for it.
    async fn give<D: Decider>(
        &self,
        viewer: &Viewer,
        stream: &StreamId,
        cmd: Uuid,
        command: D::Command,
        says_no: impl Fn(&D::Rejection) -> Refusal,
    ) -> Result<Position, Refusal> {
        let meta = Meta::by(viewer.actor(), CommandId(cmd));
        match self.platform.streams.execute::<D>(stream, meta, command).await {
            Ok(accepted) => Ok(accepted.position),
            Err(ExecuteError::Rejected(no)) => Err(says_no(&no)),
            Err(error) => Err(Refusal::failed(error)),
        }
    }

    /// The same for a wish of a resident.
    async fn wish(
        &self,
        viewer: &Viewer,
        community: &str,
        resident: Uuid,
        cmd: Uuid,
        command: SubscriptionCommand,
    ) -> Result<Position, Refusal> {
        let stream = stream::<Subscription>(community, resident)?;
        // A page has one id for all its forms: what is asked makes it a command.
        let cmd = derived(&cmd.to_string(), &format!("{command:?}"));
        let tongue = Tongue(viewer.language);
        let says_no = |no: &Unfit| Refusal::invalid(refused::unfit(tongue, no));
        self.give::<Subscription>(viewer, &stream, cmd, command, says_no).await
    }
}
