//! Rounds in turn, and the table of what came out.

use std::{fmt::Write as _, fs, path::PathBuf, process::Command, time::Instant};

use anyhow::Result;

/// So many rounds are measured; one more before them warms up and is thrown away.
pub const ROUNDS: usize = 7;

/// One way to do a piece of work: gives things done per second, one round at a time.
pub struct Lane<'a> {
    name: &'a str,
    round: Box<dyn FnMut() -> Result<f64> + 'a>,
}

impl<'a> Lane<'a> {
    /// A way called `name`.
    pub fn new(name: &'a str, round: impl FnMut() -> Result<f64> + 'a) -> Self {
        Self { name, round: Box::new(round) }
    }
}

/// What a ratio should be.
#[derive(Clone, Copy)]
pub struct Goal<'a> {
    /// Whom we are compared with: a lane's name.
    pub against: &'a str,
    /// Ours divided by theirs should be at least this.
    pub at_least: f64,
}

/// Shorthand for a [`Goal`].
pub fn goal(against: &str, at_least: f64) -> Goal<'_> {
    Goal { against, at_least }
}

/// The lines of the table so far.
#[derive(Default)]
pub struct Table {
    lines: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    /// Measures `lanes` in turn, round by round, and compares the first one with the others. A
    /// second argument of the program chooses the work that has it in its name. Gives the rate of
    /// the second lane, the limit.
    pub fn contest(&mut self, work: &str, mut lanes: Vec<Lane>, goals: &[Goal]) -> Result<f64> {
        if std::env::args().nth(2).is_some_and(|part| !work.contains(&part)) {
            return Ok(f64::INFINITY);
        }
        #[expect(clippy::print_stderr, reason = "progress, beside the table")]
        {
            eprintln!("… {work}");
        }
        let mut rates: Vec<Vec<f64>> = vec![Vec::new(); lanes.len()];
        for round in 0..=ROUNDS {
            for (lane, rates) in lanes.iter_mut().zip(&mut rates) {
                let rate = (lane.round)()?;
                if round > 0 {
                    rates.push(rate);
                }
            }
        }
        let [ours, limit, ..] = rates.as_slice() else { return Ok(f64::INFINITY) };
        for (lane, theirs) in lanes.iter().zip(&rates).skip(1) {
            let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
            let (median, min, max) = spread(ratios);
            let at_least = goals.iter().find(|goal| goal.against == lane.name);
            let (goal, verdict) = match at_least.map(|goal| goal.at_least) {
                None => (String::from("–"), String::from("–")),
                Some(goal) if median >= goal => (format!("≥ {goal}"), String::from("reached")),
                Some(goal) => (format!("≥ {goal}"), format!("missed: {:.2} of it", median / goal)),
            };
            let (ours, theirs) = (per_second(ours), per_second(theirs));
            self.lines.push(format!(
                "| {work} | {} | **{}** | {}–{} | {goal} | {verdict} | {ours} : {theirs} |",
                lane.name,
                number(median),
                number(min),
                number(max)
            ));
        }
        Ok(spread(limit.clone()).0)
    }

    /// Compares what was found with a number of its own, named on a machine whose limit was
    /// `named`; on one that is less than half as fast, by its limit `seen`, the goal is scaled.
    pub fn absolute(&mut self, work: &str, found: Vec<f64>, goal: f64, (named, seen): (f64, f64)) {
        if found.is_empty() {
            return;
        }
        let (median, min, max) = spread(found);
        let slower = if named / seen > 2.0 { named / seen } else { 1.0 };
        let told = if slower > 1.0 { format!(" × {slower:.1}") } else { String::new() };
        let verdict = match median / (goal * slower) {
            over if over <= 1.0 => String::from("reached"),
            over => format!("missed: {over:.2} times it"),
        };
        let (median, min, max) = (number(median), number(min), number(max));
        self.lines.push(format!(
            "| {work} | itself | **{median}** | {min}–{max} | ≤ {goal}{told} | {verdict} | – |"
        ));
    }

    /// Something the reader must know, for example that a peer is absent.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The whole as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| work | against | ratio | min–max | goal | | seen, per s |\n|---|---|---|---|---|---|---|\n",
        );
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        for note in &self.notes {
            let _ = write!(text, "\n- {note}");
        }
        let _ = write!(text, "\n\n{ROUNDS} rounds, interleaved; median. {}\n", machine());
        text
    }
}

/// Seconds of processor time that a process has used, by its number or `self`.
pub fn cpu_seconds(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    // A tick is a hundredth of a second on every Linux we know.
    ticks.sum::<f64>() / 100.0
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn count(n: usize) -> f64 {
    n as f64
}

/// How many of `n` were done in a second since `start`.
pub fn rate(n: usize, start: Instant) -> f64 {
    count(n) / start.elapsed().as_secs_f64()
}

/// Median, smallest, largest.
fn spread(mut found: Vec<f64>) -> (f64, f64, f64) {
    found.sort_by(f64::total_cmp);
    let last = found.len() - 1;
    (found[found.len() / 2], found[0], found[last])
}

fn per_second(rates: &[f64]) -> String {
    match spread(rates.to_vec()).0 {
        rate if rate >= 1e6 => format!("{:.1} M", rate / 1e6),
        rate if rate >= 1e4 => format!("{:.0} k", rate / 1e3),
        rate if rate >= 1e3 => format!("{:.1} k", rate / 1e3),
        rate => format!("{rate:.0}"),
    }
}

fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Where files are written: on the disk to be measured, `LINLI_BENCH_DIR` or the system's own
/// place for passing things.
pub fn folder() -> PathBuf {
    std::env::var_os("LINLI_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// Processor, cores, kernel, commit, load.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    let git = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = git.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!(
        "{cores} × {}, Linux {}, load {load} at the end, commit {}.",
        model.unwrap_or("?"),
        kernel.trim(),
        commit.unwrap_or_default()
    )
}
