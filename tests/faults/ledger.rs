//! What was asked of the streams, and what they answered.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use linli_attendance::deciders::{duty, roll};
use linli_calendar::deciders::{activity, venue};
use linli_notifier::deciders::{Subscription, SubscriptionCommand};
use linli_platform::{
    commit::Recorded,
    decider::Decider,
    ids::{Actor, CommandId, StreamId},
    stream::{ExecuteError, Meta, Streams},
};

/// A command that somebody gives.
#[derive(Debug, Clone)]
pub enum What {
    Roll(roll::Command),
    Duty(duty::Command),
    Activity(activity::Command),
    Venue(venue::Command),
    Subscription(SubscriptionCommand),
}

/// A command with its name and its stream.
#[derive(Debug, Clone)]
pub struct Ask {
    pub stream: StreamId,
    pub cmd: CommandId,
    pub what: What,
}

/// What is known of a command.
struct Said {
    stream: StreamId,
    /// It was answered with yes, so it stands on the log.
    stored: bool,
    /// How many tries of it have no answer, or one that does not tell.
    open: usize,
}

/// All commands that people gave. A copy is the same ledger.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<HashMap<CommandId, Said>>>);

impl Ledger {
    /// Gives a command and notes the answer; whoever is dropped meanwhile has none.
    pub async fn give(&self, streams: &Streams, ask: Ask) {
        let Ask { stream, cmd, what } = ask;
        let to = (streams, &stream, cmd);
        match what {
            What::Roll(command) => self.one::<roll::Roll>(to, command).await,
            What::Duty(command) => self.one::<duty::Duty>(to, command).await,
            What::Activity(command) => self.one::<activity::Activities>(to, command).await,
            What::Venue(command) => self.one::<venue::Venues>(to, command).await,
            What::Subscription(command) => self.one::<Subscription>(to, command).await,
        }
    }

    async fn one<D: Decider>(
        &self,
        (streams, stream, cmd): (&Streams, &StreamId, CommandId),
        command: D::Command,
    ) {
        let stored_before = self.on(stream, cmd, |said| {
            said.open += 1;
            said.stored
        });
        let meta = Meta::by(Actor::Operator("faults".into()), cmd);
        match streams.execute::<D>(stream, meta, command).await {
            Ok(accepted) if accepted.repeated || !accepted.events.is_empty() => {
                self.on(stream, cmd, |said| (said.stored, said.open) = (true, said.open - 1));
            }
            Ok(_) | Err(ExecuteError::Rejected(_)) => {
                assert!(!stored_before, "{cmd} to {stream} was answered with yes, then with no");
                self.on(stream, cmd, |said| said.open -= 1);
            }
            Err(ExecuteError::Undecodable { at, why }) => panic!("{at} can't be read: {why}"),
            Err(ExecuteError::Append(_) | ExecuteError::Read(_)) => {}
        }
    }

    fn on<T>(&self, stream: &StreamId, cmd: CommandId, how: impl FnOnce(&mut Said) -> T) -> T {
        let mut all = self.0.lock().unwrap();
        let fresh = || Said { stream: stream.clone(), stored: false, open: 0 };
        how(all.entry(cmd).or_insert_with(fresh))
    }

    /// How many commands were answered with yes.
    pub fn stored(&self) -> usize {
        self.0.lock().unwrap().values().filter(|said| said.stored).count()
    }

    /// Every command stands on the log as often as its answer says; each at most once.
    pub fn check(&self, history: &[Recorded]) {
        let mut seen: BTreeMap<(&StreamId, uuid::Uuid), usize> = BTreeMap::new();
        for commit in history {
            for entry in &commit.entries {
                *seen.entry((&commit.stream, entry.cmd.0)).or_default() += 1;
            }
        }
        for ((stream, cmd), times) in &seen {
            assert_eq!(*times, 1, "command {cmd} stands {times} times on {stream}");
        }
        for (cmd, Said { stream, stored, open }) in self.0.lock().unwrap().iter() {
            let times = seen.get(&(stream, cmd.0)).copied().unwrap_or_default();
            if *stored {
                assert_eq!(times, 1, "{cmd} to {stream} was answered with yes");
            } else if *open == 0 {
                assert_eq!(times, 0, "{cmd} to {stream} was answered with no");
            }
        }
    }
}
