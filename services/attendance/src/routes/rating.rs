//! How those who were there found it: in five words, and in their own once the desk has read them.

use askama::Template;
use axum::response::Response;
use linli_platform::web::{Page, Refusal, see};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    give::{desk_path, path},
    text::Text,
};
use crate::{
    contract::Rating,
    deciders::roll::Command,
    projections::{
        activities::Named,
        ratings::{self, Comment, SHOWN_FROM, Summary},
    },
};

/// All ratings of an occurrence as a page shows them.
pub(super) struct Rated {
    /// How many of a hundred are satisfied, and of how many.
    pub satisfied: String,
    /// Each word with how many chose it.
    pub words: Vec<(String, u32)>,
}

impl Rated {
    pub fn of(t: Text, summary: &Summary) -> Self {
        let (percent, n) = (summary.satisfied_percent.to_string(), summary.ratings.to_string());
        let words = Rating::ALL.into_iter().zip(summary.by_word);
        Self {
            satisfied: t.with("satisfied", &[("percent", &percent), ("n", &n)]),
            words: words.map(|(word, n)| (called(t, word), n)).collect(),
        }
    }
}

/// One of the five words.
fn called(t: Text, rating: Rating) -> String {
    let key = match rating {
        Rating::VerySatisfied => "rating_very_satisfied",
        Rating::Satisfied => "rating_satisfied",
        Rating::Fair => "rating_fair",
        Rating::Dissatisfied => "rating_dissatisfied",
        Rating::VeryDissatisfied => "rating_very_dissatisfied",
    };
    t.get(key).to_owned()
}

/// The five words with their names in forms.
pub(super) fn words(t: Text) -> Vec<(&'static str, String)> {
    Rating::ALL.into_iter().map(|rating| (rating.name(), called(t, rating))).collect()
}

/// Rates for oneself, or for somebody for whom one acts; nobody else does, staff neither.
pub(super) async fn rate(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let person = ask.viewer.person().ok_or_else(Refusal::sign_in)?;
    let resident = match ask.field("resident") {
        "" => person,
        _ => ask.parsed("resident")?,
    };
    if !ask.viewer.stands_for(resident) {
        return Err(Refusal::forbidden());
    }
    let unknown = || Refusal::invalid(ask.text().get("no_rating_word"));
    let rating = Rating::named(ask.field("rating")).ok_or_else(unknown)?;
    let comment = ("comment", ask.field("comment"));
    let comment = state.sealed(&of, resident, comment, ask.text()).await?;
    let command = Command::Rate { resident, rating, comment };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

#[derive(Template)]
#[template(path = "comments.html")]
struct ReadPage {
    t: Text,
    title: String,
    path: String,
    rated: Option<Rated>,
    too_few: String,
    comments: Vec<Line>,
    cmd: Uuid,
}

/// A comment with its writer's id, of whom the page says nothing more.
struct Line {
    id: Uuid,
    words: String,
    shown: Option<bool>,
}

impl State {
    /// The comments that may be shown, in clear.
    pub(super) async fn comments_shown(
        &self,
        of: &Named,
        comments: Vec<Comment>,
    ) -> Result<Vec<String>, Refusal> {
        let shown = comments.into_iter().filter(|comment| comment.shown == Some(true));
        let lines = self.lines(of, shown.collect()).await?;
        Ok(lines.into_iter().map(|line| line.words).collect())
    }

    async fn lines(&self, of: &Named, comments: Vec<Comment>) -> Result<Vec<Line>, Refusal> {
        let sealed = comments.iter().map(|one| (one.resident, one.sealed.clone())).collect();
        let mut words = self.opened(of, "comment", sealed).await?;
        let line = |one: Comment| {
            let words = words.remove(&one.resident)?;
            Some(Line { id: one.resident, words, shown: one.shown })
        };
        Ok(comments.into_iter().filter_map(line).collect())
    }
}

/// Where the desk reads what was written, and decides what all may read.
pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let (of, t) = (state.occurrence(&ask).await?, ask.text());
    let key = of.key.clone();
    let read =
        state.read(move |db| Ok((ratings::summary(db, &key)?, ratings::comments(db, &key)?)));
    let (summary, comments) = read.await?;
    let page = ReadPage {
        t,
        title: of.title(t.0).to_owned(),
        path: desk_path(&of),
        rated: summary.map(|summary| Rated::of(t, &summary)),
        too_few: t.n("ratings_too_few", SHOWN_FROM),
        comments: state.lines(&of, comments).await?,
        cmd: state.platform.entropy.uuid(),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("ratings"), html).of(&of.key.community))
}

/// Shows a comment or shows it no more: `one` is `show <resident>` or `withhold <resident>`.
pub(super) async fn decide(state: State, ask: Ask) -> Result<Response, Refusal> {
    let of = state.occurrence(&ask).await?;
    let unclear = || Refusal::invalid(ask.text().get("nobody_ticked"));
    let (verb, id) = ask.field("one").split_once(' ').ok_or_else(unclear)?;
    let resident = id.parse().map_err(|_| unclear())?;
    let shown = match verb {
        "show" => true,
        "withhold" => false,
        _ => return Err(unclear()),
    };
    let command = Command::ShowComment { resident, shown };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&format!("{}/comments", desk_path(&of)), position))
}
