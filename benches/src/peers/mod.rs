//! Others who do the same, as programs of their own. One that is not there is named in the table,
//! with the way to get it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

pub mod postgres;
pub mod redis;

/// A peer that can't be measured here.
#[derive(Debug, thiserror::Error)]
#[error("peer absent: {name}; {way}")]
pub struct Absent {
    name: &'static str,
    way: &'static str,
}

/// Makes a command that is to be given its arguments.
pub type Program = Box<dyn Fn() -> Command>;

/// Where `./check` puts what it installs.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools")
}

/// Whether a command ends well.
fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The number that a command prints.
pub fn rate_of(command: &mut Command) -> Result<f64> {
    let out = command.stderr(Stdio::inherit()).output()?;
    let program = command.get_program().display();
    ensure!(out.status.success(), "{program} failed");
    let text = String::from_utf8(out.stdout)?;
    text.trim().parse().with_context(|| format!("{program} printed {text:?}"))
}

/// A Python script, to be given its arguments, if a Python is there that has a module.
pub fn python(module: &str, script: &'static str) -> Result<Program, Absent> {
    let own = tools().join("venv/bin/python");
    let found = [own, PathBuf::from("python3")]
        .into_iter()
        .find(|python| works(Command::new(python).args(["-c", &format!("import {module}")])));
    let absent = Absent { name: "a Python module", way: "run ./check once, it installs them" };
    let python = found.ok_or(absent)?;
    Ok(Box::new(move || {
        let mut command = Command::new(&python);
        command.args(["-c", script]);
        command
    }))
}

/// A Node script, to be given its arguments, if a package is there.
pub fn node(package: &str, script: &'static str) -> Result<Program, Absent> {
    let run = move |script: &str| {
        let mut command = Command::new("node");
        if std::env::var_os("NODE_PATH").is_none() {
            command.env("NODE_PATH", tools().join("node_modules"));
        }
        command.args(["-e", script]);
        command
    };
    let there = works(&mut run(&format!("require('{package}')")));
    let way = "npm install --prefix .tools nodemailer";
    if there { Ok(Box::new(move || run(script))) } else { Err(Absent { name: "nodemailer", way }) }
}

/// libical, compiled here into a folder that must live as long.
pub fn libical(folder: &Path) -> Result<Program, Absent> {
    let program = folder.join("libical");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/peers/libical.c");
    let mut cc = Command::new("cc");
    cc.arg("-O2").arg(source).arg("-o").arg(&program).args(["-lical"]);
    let absent = Absent { name: "libical", way: "apt-get install libical-dev gcc" };
    if works(&mut cc) { Ok(Box::new(move || Command::new(&program))) } else { Err(absent) }
}

/// Postfix's load generator.
pub fn smtp_source() -> Result<Program, Absent> {
    let found = ["smtp-source", "/usr/sbin/smtp-source"].into_iter().find(|name| {
        // Without arguments it tells how it is used and fails: it is there.
        Command::new(name).stderr(Stdio::null()).stdout(Stdio::null()).status().is_ok()
    });
    let way = "apt-get install --no-install-recommends postfix";
    let name = found.ok_or(Absent { name: "smtp-source", way })?;
    Ok(Box::new(move || Command::new(name)))
}
