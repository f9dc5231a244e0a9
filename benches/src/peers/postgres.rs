//! PostgreSQL on a socket of its own, for as long as a bench runs.

use std::{fs, path::PathBuf, process::Command, time::Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::{Absent, works};
use crate::kit::rate;

const ABSENT: Absent =
    Absent { name: "PostgreSQL", way: "apt-get install postgresql (no cluster needs to run)" };
const PORT: &str = "54329";

/// A server with one table: stream, version, event.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
}

impl Postgres {
    /// Starts one, if it is installed.
    pub fn start(event: &str) -> Result<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| ABSENT)?;
        let newest = versions.flatten().map(|entry| entry.path().join("bin")).max();
        let programs = newest.filter(|bin| bin.join("pgbench").exists()).ok_or(ABSENT)?;
        let folder = tempfile::tempdir_in(crate::kit::folder())?;
        // It refuses to run as root.
        works(Command::new("chown").arg("postgres").arg(folder.path()));
        let server = Self { programs, folder };
        let data = server.data();
        server.run("initdb", &["-D", &data, "-A", "trust", "-U", "postgres"])?;
        let options = format!("-c listen_addresses= -c port={PORT} -k {data}");
        server.run(
            "pg_ctl",
            &["-D", &data, "-w", "-l", &format!("{data}/log"), "-o", &options, "start"],
        )?;
        let table = "CREATE TABLE log (position bigserial PRIMARY KEY, stream text NOT NULL,
            version bigint NOT NULL, body bytea NOT NULL, UNIQUE (stream, version))";
        server.sql(table)?;
        let event = event.replace('\'', "''");
        let insert = format!(
            "\\set v :v + 1\nINSERT INTO log (stream, version, body) VALUES
             ('xiguan/attendance/roll/' || :client_id || '-' || :v % 8, :v, '{event}');\n"
        );
        fs::write(server.folder.path().join("insert.sql"), insert)?;
        Ok(server)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        let program = self.programs.join(program);
        let mut command = if fs::metadata("/proc/self").is_ok_and(|me| owner(&me) == 0) {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let log = fs::File::create(self.folder.path().join("output"))?;
        let done =
            command.current_dir("/").args(args).stdout(log.try_clone()?).stderr(log).status()?;
        let out = fs::read_to_string(self.folder.path().join("output"))?;
        ensure!(done.success(), "{}: {out}", program.display());
        Ok(out)
    }

    fn sql(&self, sql: &str) -> Result<String> {
        self.run("psql", &["-h", &self.data(), "-p", PORT, "-U", "postgres", "-qc", sql])
    }

    /// Inserts by so many clients, each commit durable: per second.
    pub fn write(&self, clients: usize, each: usize) -> Result<f64> {
        self.sql("TRUNCATE log")?;
        let (clients, each) = (clients.to_string(), each.to_string());
        let script = self.folder.path().join("insert.sql").display().to_string();
        let out = self.run(
            "pgbench",
            &[
                "-h",
                &self.data(),
                "-p",
                PORT,
                "-U",
                "postgres",
                "-n",
                "-M",
                "prepared",
                "-D",
                "v=0",
                "-c",
                &clients,
                "-j",
                "2",
                "-t",
                &each,
                "-f",
                &script,
                "postgres",
            ],
        )?;
        let tps = out.lines().find_map(|line| line.strip_prefix("tps = "));
        let tps = tps.and_then(|line| line.split(' ').next()).context("pgbench tells no tps")?;
        Ok(tps.parse()?)
    }

    /// Fills the table with `n` events.
    pub fn fill(&self, n: usize, event: &str) -> Result<()> {
        self.sql("TRUNCATE log")?;
        let event = event.replace('\'', "''");
        self.sql(&format!(
            "INSERT INTO log (stream, version, body)
             SELECT 'xiguan/attendance/roll/' || n % 512, n / 512, '{event}'
             FROM generate_series(1, {n}) n"
        ))?;
        Ok(())
    }

    /// Copies the `n` events out, decoding nothing.
    pub fn copy(&self, n: usize) -> Result<f64> {
        let start = Instant::now();
        self.sql("\\copy log TO /dev/null")?;
        Ok(rate(n, start))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server that will not end is ended with the machine; there is nobody to tell.
        let _ = self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }
}

#[cfg(unix)]
fn owner(file: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(file)
}

#[cfg(not(unix))]
fn owner(_: &fs::Metadata) -> u32 {
    1
}
