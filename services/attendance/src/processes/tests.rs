//! A process in a test, told one thing after the other.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use linli_platform::{
    entropy::Entropy,
    ids::{Actor, EventRef, Position, StreamId, Version},
    process::{Action, Input, Process, Rows},
    projection::Fact,
};

use super::Order;
use crate::contract::heard::Heard;

pub(super) struct Told<P>(pub Rows<'static>, PhantomData<P>);

impl<P: Process<Heard, Command = Order>> Told<P> {
    pub fn new() -> Self {
        Self(Rows::default(), PhantomData)
    }

    pub fn at(&mut self, now: DateTime<Utc>, event: Heard) -> Vec<Action<Order>> {
        let stream: StreamId = "xiguan/attendance/roll/a".parse().unwrap();
        let fact = Fact {
            source: EventRef { stream, version: Version(1) },
            position: Position(1),
            at: now,
            cmd: Entropy::seeded(1).command(),
            actor: Actor::Visitor,
            cause: None,
            event,
        };
        self.input(&Input::Event(&fact), now)
    }

    pub fn timer(&mut self, name: &str, due: DateTime<Utc>) -> Vec<Action<Order>> {
        self.input(&Input::Timer { name, due }, due)
    }

    fn input(&mut self, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        P::evolve(&mut self.0, input);
        P::react(&self.0, input, now)
    }
}
