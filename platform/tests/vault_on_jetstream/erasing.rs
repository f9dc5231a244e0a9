//! Who is erased is gone from the servers' disks.

use rusqlite::Connection;

use super::*;

/// In which files under some folders one of these texts stands.
fn holding(folders: &[PathBuf], texts: &[Vec<u8>]) -> Vec<PathBuf> {
    // SQLite looks through bytes faster than a program without optimisation does.
    let look = Connection::open_in_memory().unwrap();
    let mut look = look.prepare("SELECT instr(?1, ?2)").unwrap();
    let mut found = Vec::new();
    let mut folders = folders.to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(content) = fs::read(&path) else { continue };
            // The middle of a box is enough: it can't be there by chance.
            let mut holds = |text: &Vec<u8>| {
                let at: i64 = look.query_row((&content, &text[12..44]), |row| row.get(0)).unwrap();
                at > 0
            };
            found.extend(texts.iter().any(&mut holds).then_some(path));
        }
    }
    found
}

/// Waits until these texts stand nowhere.
async fn gone(dirs: &[PathBuf], boxes: &[Vec<u8>]) {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let left = holding(dirs, boxes);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "after 40 s still in {left:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Erases somebody of whom several states were stored, and says how long their bytes stay.
async fn erased_from_disks(away: bool) -> Duration {
    let street = Street::new(3).await;
    let (owner, standby) = (street.node().await, street.node().await);
    let (own, other) = (&owner.vault, &standby.vault);
    let many: Vec<_> = (1..=300).map(person).collect();
    own.new_keys(&many).unwrap();
    let secret = person(150);
    for n in 0..3 {
        own.put(secret, &named(&format!("Ada Li {n}"))).unwrap();
    }
    let boxes = street.stored(secret).await;
    assert_eq!(boxes.len(), 4, "nobody owned the vault yet, so all are there");
    street.own(&owner).await;
    other.caught_up().await.unwrap();
    // What the last state replaces is erased by itself, and then stands in the Raft logs alone.
    let (replaced, dirs) = (&boxes[..3], street.servers.store_dirs());
    let in_stream = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "streams");
    until(|| !holding(&dirs, replaced).iter().any(in_stream)).await;
    assert!(!holding(&dirs, replaced).is_empty());
    let down = if away { Some(street.follower().await) } else { None };
    if let Some(n) = down {
        street.servers.kill(n);
    }
    // Whoever leads is elected anew first.
    until(|| own.erase(secret).is_ok()).await;
    let mut since = Instant::now();
    if let Some(n) = down {
        let told = own.new_key(secret);
        assert!(matches!(told, Err(VaultError::Erased(_))), "erased where most of the copies are");
        assert!(!holding(&street.servers.store_dirs(), &boxes).is_empty());
        street.servers.start(n);
        since = Instant::now();
    }
    gone(&dirs, &boxes).await;
    let took = since.elapsed();
    other.caught_up().await.unwrap();
    assert!(other.key(secret).unwrap().is_none() && other.erased(secret).unwrap());
    assert!(other.key(person(151)).unwrap().is_some());
    for node in [&owner, &standby] {
        let list = fs::read_to_string(node.dir.path().join("erased")).unwrap();
        assert!(list.contains(&secret.to_string()));
    }
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_all_disks_within_seconds() {
    let took = erased_from_disks(false).await;
    eprintln!("gone from all files of three servers after {took:.1?}");
    assert!(took < Duration::from_secs(30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_during_an_erasure_keeps_nothing_either() {
    let took = erased_from_disks(true).await;
    eprintln!("gone from all files {took:.1?} after the return of a server");
    assert!(took < Duration::from_secs(40));
}

/// The rights that the roles of a street have, and one user beside them who may do all.
fn rights() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nats/roles.conf");
    let roles = fs::read_to_string(file).unwrap().replace("guangling", "street");
    let passwords = roles.replace("$LINLI_NATS_", "of-").replace("_PASSWORD\n", "\n");
    passwords.replace(
        "users: [",
        "users: [\n{ user: all, password: all, permissions: \
         { publish: \">\", subscribe: \">\" } }",
    ) + "no_auth_user: all"
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_roles_are_enough() {
    let servers = NatsServers::with(3, &rights()).await;
    let street = Street { servers, keys: TempDir::new().unwrap() };
    let role = |name: &str| Access {
        user: Some(name.to_owned()),
        password: Some(format!("of-{}", name.to_uppercase()).into()),
        ..Access::default()
    };
    let (cli, people) = (street.nats_as(role("cli")).await, street.nats_as(role("people")).await);
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let made = street.open_over(&cli, dirs[0].path()).await.unwrap();
    let vault = street.open_over(&people, dirs[1].path()).await.unwrap();
    made.new_key(person(1)).unwrap();
    let (nats, served) = (people.clone(), vault.clone());
    tokio::spawn(async move { serve_vault(&nats, &served, &Ownership::default()).await });
    let gateway = street.nats_as(role("gateway")).await;
    let there = Vault::there(&gateway, Entropy::system()).unwrap();
    until(|| there.is_ready()).await;
    for n in 0..3 {
        there.put(person(1), &named(&format!("Ada Li {n}"))).unwrap();
    }
    let boxes = street.stored(person(1)).await;
    there.erase(person(1)).unwrap();
    gone(&street.servers.store_dirs(), &boxes).await;
    made.caught_up().await.unwrap();
    assert!(made.erased(person(1)).unwrap());
    for n in 0..3 {
        let said = street.servers.said(n);
        let refused: Vec<_> = said.lines().filter(|line| line.contains("Violation")).collect();
        assert!(refused.is_empty(), "{refused:?}");
    }
    // One that has no business with the vault is told so, and stops asking.
    let ranking = street.nats_as(role("ranking")).await;
    let refused = Vault::there(&ranking, Entropy::system()).unwrap();
    until(|| ranking.refused(&ranking.asks("vault")).is_some()).await;
    assert!(!refused.is_ready());
}
