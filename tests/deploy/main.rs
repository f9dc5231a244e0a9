//! The files that a deployment is made of, held to what they are for: the compose file's commands
//! and environments to the real program, the servers' configuration to real nats-servers, and all
//! of it together as plain processes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod compose;
mod matrix;
mod processes;
mod servers;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use compose::{Compose, Service};

/// The folder that the files stand in.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, without what the environment of the tests would tell it.
fn linli() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_linli"));
    program.env_clear();
    program
}

/// A folder with the authority's certificate and three servers' ones, made by the script itself.
fn certificates(dir: &Path) -> PathBuf {
    let tls = dir.join("tls");
    let made = Command::new(root().join("deploy/certs")).arg(&tls).status();
    assert!(made.expect("sh and openssl are there").success());
    tls
}

#[test]
fn every_command_of_the_compose_file_is_one() {
    let compose = Compose::read();
    let ours: Vec<_> = compose.services.iter().filter(|(_, s)| s.is_linli()).collect();
    assert!(ours.len() >= 10, "{:?}", compose.services.keys());
    for (name, service) in ours {
        // All arguments are read before help is given.
        let read = linli().args(&service.command).arg("--help").output().unwrap();
        assert!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
        let check = service.healthcheck.as_ref().map(|check| check.test.as_slice());
        if let Some([cmd, program, rest @ ..]) = check {
            assert_eq!((cmd.as_str(), program.as_str()), ("CMD", "/usr/local/bin/linli"));
            assert!(linli().args(rest).arg("--help").output().unwrap().status.success());
        }
    }
    let wrong = linli().args(["serve", "--only", "mailer", "--help"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "the check above would not see a wrong part");
}

#[test]
fn every_name_in_the_environment_is_a_setting() {
    let compose = Compose::read();
    let check = |service: &Service, more: Option<(&str, &str)>| {
        let mut program = linli();
        program.envs(service.environment()).envs(more).args(["serve", "--check-config"]);
        let told = program.current_dir(std::env::temp_dir()).output().unwrap();
        (told.status.success(), String::from_utf8_lossy(&told.stderr).into_owned())
    };
    for (name, service) in compose.services.iter().filter(|(_, s)| s.is_linli()) {
        let (right, told) = check(service, None);
        assert!(right, "{name}: {told}");
        let (right, told) = check(service, Some(("LINLI_NATS_PASWORD", "x")));
        assert!(!right && told.contains("LINLI_NATS_PASWORD"), "{name}: {told}");
    }
}

#[test]
fn a_node_has_its_own_role_folder_and_nothing_of_another() {
    let compose = Compose::read();
    let mut folders = std::collections::BTreeSet::new();
    for (name, service) in &compose.services {
        let environment = service.environment();
        let Some(user) = environment.get("LINLI_NATS_USER") else { continue };
        let password = format!("LINLI_NATS_{}_PASSWORD", user.to_uppercase());
        assert_eq!(environment["LINLI_NATS_PASSWORD"], compose.given[&password], "{name}");
        if let [serve, only, part] = service.command.as_slice() {
            assert_eq!((serve.as_str(), only.as_str(), part), ("serve", "--only", user), "{name}");
            assert!(folders.insert(service.volume("/data")), "{name} shares its folder");
        }
        let key = environment.contains_key("LINLI_MASTER_KEY_FILE");
        assert_eq!(key, user == "people", "{name}: people alone has the master key");
        assert_eq!(service.volume("/keys").is_some(), user == "people", "{name}");
    }
    assert!(folders.len() >= 8, "{folders:?}");
}

/// Docker makes a folder of whatever is to be mounted and is not there.
#[test]
fn what_is_mounted_is_there() {
    let compose = Compose::read();
    let mut files = 0;
    for (name, service) in &compose.services {
        for volume in &service.volumes {
            let from = volume.split(':').next().unwrap();
            if from.starts_with("./deploy/") && !from.starts_with("./deploy/secrets") {
                assert!(root().join(from).exists(), "{name} mounts {from}");
                files += 1;
            } else if !from.contains('/') {
                assert!(compose.volumes.contains_key(from), "{name}: no volume {from}");
            }
        }
    }
    assert!(files > 6);
}
