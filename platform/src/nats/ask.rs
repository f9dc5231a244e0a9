//! Requests from node to node: JSON there, JSON back.

use async_nats::Message;
use futures::{Stream, StreamExt as _};
use serde::{Serialize, de::DeserializeOwned};

use super::{Nats, lease::Ownership};

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nobody is there to answer now.
    #[error("nobody answers {0} at present")]
    Nobody(String),
    /// No answer came in time; what was asked may have been done.
    #[error("no answer to {0} came in time")]
    Late(String),
    /// The connection or the answer is not as it should be.
    #[error("{0}")]
    Broken(String),
}

impl Nats {
    /// The subject on which `what` is asked for.
    pub fn asks(&self, what: &str) -> String {
        format!("linli-ask.{}.{what}", self.log())
    }

    /// Asks for `what`, and waits for the first answer.
    pub async fn ask<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        what: &str,
        question: &Q,
    ) -> Result<A, AskError> {
        let subject = self.asks(what);
        let broken = |error: serde_json::Error| AskError::Broken(format!("{what}: {error}"));
        let asked = serde_json::to_vec(question).map_err(broken)?;
        let answer = self.client().request(subject.clone(), asked.into()).await;
        let answer = answer.map_err(|error| match error.kind() {
            async_nats::RequestErrorKind::NoResponders => AskError::Nobody(what.to_owned()),
            async_nats::RequestErrorKind::TimedOut => match self.refused(&subject) {
                Some(said) => AskError::Broken(format!("this node may not ask for {what}: {said}")),
                None => AskError::Late(what.to_owned()),
            },
            _ => AskError::Broken(format!("{what}: {error}")),
        })?;
        serde_json::from_slice(&answer.payload).map_err(broken)
    }

    /// Asks all who know of `what`; their answers as they come. Whoever listens decides how long.
    pub async fn ask_all<A: DeserializeOwned + 'static>(
        &self,
        what: &str,
    ) -> Result<impl Stream<Item = A> + use<A>, AskError> {
        let broken = |error: String| AskError::Broken(format!("{what}: {error}"));
        let inbox = self.client().new_inbox();
        let answers =
            self.client().subscribe(inbox.clone()).await.map_err(|e| broken(e.to_string()))?;
        let asked = self.client().publish_with_reply(self.asks(what), inbox, "null".into()).await;
        asked.map_err(|error| broken(error.to_string()))?;
        Ok(answers.filter_map(|answer| async move { serde_json::from_slice(&answer.payload).ok() }))
    }

    /// Answers requests for `what` until the connection ends or the task is dropped, at most
    /// `at_once` side by side. Each is answered by one of those who listen with the same `group`;
    /// by every one of them without.
    pub async fn answer<Q, A, F, Fut>(
        &self,
        what: &str,
        group: Option<&str>,
        at_once: usize,
        answer: F,
    ) -> Result<(), AskError>
    where
        Q: DeserializeOwned,
        A: Serialize,
        F: Fn(Q) -> Fut,
        Fut: Future<Output = A>,
    {
        let asked = match group {
            Some(group) => self.client().queue_subscribe(self.asks(what), group.to_owned()).await,
            None => self.client().subscribe(self.asks(what)).await,
        };
        let asked = asked.map_err(|error| AskError::Broken(format!("{what}: {error}")))?;
        let all = || true;
        asked.for_each_concurrent(at_once, |message| self.reply(what, message, all, &answer)).await;
        Ok(())
    }

    /// Answers requests for `what` as their one owner, whenever this node is that. It shares them
    /// with nobody, since a node that is paused would get some of them and leave them lying; each
    /// node that subscribes gets each, and who doesn't own (any more) when it reads one is silent.
    pub async fn answer_alone<Q, A, F, Fut>(
        &self,
        what: &str,
        ownership: &Ownership,
        at_once: usize,
        answer: F,
    ) -> Result<(), AskError>
    where
        Q: DeserializeOwned,
        A: Serialize,
        F: Fn(Q) -> Fut,
        Fut: Future<Output = A>,
    {
        let mine = || ownership.holds();
        loop {
            ownership.gained().await;
            let asked = self.client().subscribe(self.asks(what)).await;
            let asked = asked.map_err(|error| AskError::Broken(format!("{what}: {error}")))?;
            let reply = |message| self.reply(what, message, mine, &answer);
            tokio::select! {
                () = asked.for_each_concurrent(at_once, reply) => return Ok(()),
                // From now on nobody is there, which whoever asks learns at once.
                () = ownership.lost() => {}
            }
        }
    }

    /// Answers one request, if it is for this node.
    async fn reply<Q, A, Fut>(
        &self,
        what: &str,
        message: Message,
        mine: impl Fn() -> bool,
        answer: &impl Fn(Q) -> Fut,
    ) where
        Q: DeserializeOwned,
        A: Serialize,
        Fut: Future<Output = A>,
    {
        let Some(reply) = message.reply.filter(|_| mine()) else { return };
        let said = match serde_json::from_slice::<Q>(&message.payload) {
            Ok(question) => serde_json::to_vec(&answer(question).await),
            Err(error) => Err(error),
        };
        match said {
            Ok(said) => {
                if let Err(error) = self.client().publish(reply, said.into()).await {
                    tracing::warn!(what, %error, "an answer did not leave");
                }
            }
            // Whoever asked hears nothing and says so after a while.
            Err(error) => tracing::warn!(what, %error, "a request can't be read"),
        }
    }
}
