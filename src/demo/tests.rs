use super::*;

#[test]
fn the_script_is_right_and_nobody_in_it_is_real() {
    let script = script().unwrap();
    assert!(script.residents.len() >= 33, "thirty places, and three who wait");
    let made_up = |name: &String| name.ends_with(['甲', '乙', '丙', '丁']);
    assert!(script.residents.iter().all(made_up));
    for sort in ["full", "paper", "joint", "draft"] {
        assert!(script.once.contains_key(sort), "{sort}");
    }
}

#[test]
fn a_folder_that_is_not_a_demonstrations_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("log.db"), "precious").unwrap();
    for keep in [false, true] {
        let told = folder(&real, keep).unwrap_err();
        assert!(told.text().unwrap().contains("is not a demonstration's folder"), "{told:?}");
    }
    assert_eq!(fs::read_to_string(real.join("log.db")).unwrap(), "precious");
}

#[test]
fn a_demonstrations_folder_is_made_anew_unless_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo-data");
    folder(&data, false).unwrap();
    assert!(is_synthetic(&data));
    fs::write(data.join("old"), "").unwrap();
    fs::write(beside(&data, ".key"), "").unwrap();
    folder(&data, true).unwrap();
    assert!(data.join("old").exists());
    folder(&data, false).unwrap();
    assert!(is_synthetic(&data) && !data.join("old").exists());
    assert!(!beside(&data, ".key").exists());
}
