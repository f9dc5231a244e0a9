//! The whole service on a log in memory, a clock moved by hand and an outbox in a folder.

#[cfg(test)]
mod announcements;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod reminders;
#[cfg(test)]
mod world;
