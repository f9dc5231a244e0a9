//! Stories over the whole application: a virtual clock, a temporary folder, an outbox, and the
//! pages that people use; and over the executable itself, killed, fed with nonsense, looked at in a
//! browser.

#[cfg(test)]
mod app;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bad_machine;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod cadence;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod erased;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod fixed_days;
#[cfg(test)]
mod follower;
#[cfg(test)]
mod inspection;
#[cfg(test)]
mod late_paper;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod mid_autumn;
#[cfg(test)]
mod month_end;
#[cfg(test)]
mod mother;
#[cfg(test)]
mod past;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod street;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod visitor;
#[cfg(test)]
mod words;
