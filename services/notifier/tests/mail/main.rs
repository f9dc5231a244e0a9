//! The notifier's mail: over SMTP against a real server, and into the local outbox.

#[cfg(test)]
mod outbox;
#[cfg(test)]
mod sink;
#[cfg(test)]
mod smtp;
