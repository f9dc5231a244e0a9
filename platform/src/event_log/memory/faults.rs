//! What goes wrong with a log in memory, and how often.

use std::collections::VecDeque;

use crate::entropy::Entropy;

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The commit is stored if it fits, but the answer is [`AppendError::Unknown`].
    UnknownStored,
    /// The commit is lost, and the answer is [`AppendError::Unknown`].
    UnknownLost,
    /// A conflict although nobody else wrote, as a cluster gives one while another write is under
    /// way.
    Conflict,
    /// No room.
    Full,
    /// Not reachable.
    Down,
    /// Nothing fails, but the task yields before the commit is judged and before the answer comes.
    Delay {
        /// Yields before the commit is judged.
        before: u8,
        /// Yields between storing and answering.
        after: u8,
    },
}

/// How often each fault comes by chance, per thousand calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chances {
    /// Appends that meet [`Fault::UnknownStored`].
    pub unknown_stored: u32,
    /// Appends that meet [`Fault::UnknownLost`].
    pub unknown_lost: u32,
    /// Appends that meet [`Fault::Conflict`].
    pub conflict: u32,
    /// Appends that meet [`Fault::Full`].
    pub full: u32,
    /// Appends that meet [`Fault::Down`].
    pub down: u32,
    /// Appends that meet a [`Fault::Delay`] of up to 7 yields on each side.
    pub delay: u32,
    /// Reads (`head`, `read`, `last`) that end with [`ReadError::Down`].
    pub read_down: u32,
    /// Pages in place of which a follower gets [`ReadError::Down`], and has to start again.
    pub cut: u32,
}

/// The faults to come.
#[derive(Default)]
pub(super) struct Faults {
    pub script: VecDeque<Option<Fault>>,
    pub chances: Chances,
    entropy: Option<Entropy>,
}

impl Faults {
    pub fn seeded(seed: u64, chances: Chances) -> Self {
        Self { script: VecDeque::new(), chances, entropy: Some(Entropy::seeded(seed)) }
    }

    /// What the next append meets.
    pub fn next(&mut self) -> Option<Fault> {
        if let Some(next) = self.script.pop_front() {
            return next;
        }
        let entropy = self.entropy.as_ref()?;
        let mut roll = roll(entropy);
        let Chances { unknown_stored, unknown_lost, conflict, full, down, delay, .. } =
            self.chances;
        let [before, after] = entropy.bytes().map(|byte: u8| byte % 8);
        for (chance, fault) in [
            (unknown_stored, Fault::UnknownStored),
            (unknown_lost, Fault::UnknownLost),
            (conflict, Fault::Conflict),
            (full, Fault::Full),
            (down, Fault::Down),
            (delay, Fault::Delay { before, after }),
        ] {
            match roll.checked_sub(chance) {
                None => return Some(fault),
                Some(rest) => roll = rest,
            }
        }
        None
    }

    /// Whether a read fails now.
    pub fn read_fails(&self) -> bool {
        self.hits(self.chances.read_down)
    }

    /// Whether a follower is cut off now.
    pub fn cuts(&self) -> bool {
        self.hits(self.chances.cut)
    }

    fn hits(&self, chance: u32) -> bool {
        // What is certain needs no dice.
        chance >= 1000
            || self.entropy.as_ref().is_some_and(|entropy| chance > 0 && roll(entropy) < chance)
    }
}

/// A number below 1,000.
fn roll(entropy: &Entropy) -> u32 {
    u32::from_le_bytes(entropy.bytes()) % 1000
}
