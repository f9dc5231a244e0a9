//! Following a log: its history page by page, then what comes.

use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;

use crate::{
    event_log::{Page, ReadError},
    ids::Position,
};

/// At most this many commits are looked at for one page.
pub(super) const PAGE_COMMITS: usize = 1000;
/// A page ends with the record that reaches this many bytes.
pub(super) const PAGE_BYTES: usize = 1 << 20;

struct Tail<F> {
    after: Position,
    appended: watch::Receiver<Position>,
    page: F,
    told_live: bool,
    ended: bool,
}

/// Follows from `after`: `page` reads what stands after a position, `appended` tells that there may
/// be more. Ends after an error, and when the log is closed.
pub(super) fn follow<F, Fut>(
    after: Position,
    appended: watch::Receiver<Position>,
    page: F,
) -> BoxStream<'static, Result<Page, ReadError>>
where
    F: Fn(Position) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Page, ReadError>> + Send,
{
    let tail = Tail { after, appended, page, told_live: false, ended: false };
    stream::unfold(tail, |mut tail| async move {
        let page = tail.next().await?;
        Some((page, tail))
    })
    .boxed()
}

impl<F, Fut> Tail<F>
where
    F: Fn(Position) -> Fut,
    Fut: Future<Output = Result<Page, ReadError>>,
{
    async fn next(&mut self) -> Option<Result<Page, ReadError>> {
        if self.ended {
            return None;
        }
        loop {
            // Marked as seen before the page is read: what is appended meanwhile wakes us again.
            self.appended.borrow_and_update();
            match (self.page)(self.after).await {
                Ok(page) if page.upto == self.after && page.live && self.told_live => {
                    self.appended.changed().await.ok()?;
                }
                Ok(page) => {
                    self.after = page.upto;
                    self.told_live |= page.live;
                    return Some(Ok(page));
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
