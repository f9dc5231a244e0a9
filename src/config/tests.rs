use super::*;

fn read(text: &str) -> Result<Config, String> {
    with(text, &[])
}

fn with(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let environment =
        environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Config::of("linli.toml", text, &environment)
        .map_err(|failure| failure.text().unwrap_or_default().to_owned())
}

#[test]
fn without_a_file_it_listens_on_this_machine_alone() {
    let config = read("").unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(config.smtp.is_none() && config.public_url.is_none());
    assert_eq!(config.public_url_at(config.listen), "http://127.0.0.1:8080");
}

#[test]
fn all_keys_are_read() {
    let config = read(
        "public_url = 'https://linli.example.cn/'\nlisten = '0.0.0.0:80'\nlog = 'embedded'\n\
         master_key_file = 'keys/master.key'\ntrusted_proxy = '10.0.0.1'\n\
         hours = 'mon-fri 8:00-17:30, sat 9:00-12:00'\n[smtp]\n\
         host = 'mail.example.cn'\nfrom = 'linli@example.cn'\n",
    )
    .unwrap();
    assert_eq!(config.public_url.as_deref(), Some("https://linli.example.cn"));
    assert_eq!(config.public_url_at(config.listen), "https://linli.example.cn");
    assert_eq!(config.listen.port(), 80);
    assert_eq!(config.master_key_file, Some(PathBuf::from("keys/master.key")));
    assert_eq!(config.hours.to_string(), "mon-fri 08:00-17:30, sat 09:00-12:00");
    assert_eq!(config.smtp.unwrap().host, "mail.example.cn");
}

#[test]
fn a_wrong_file_is_told_with_line_and_key() {
    for (text, line, named) in [
        ("listen = '127.0.0.1:80'\npublik_url = 'x'\n", 2, "`publik_url`"),
        ("listen = '127.0.0.1:80'\npublik_url = 'x'\n", 2, "`public_url`, `listen`"),
        ("\nlisten = 'here'\n", 2, "socket address"),
        ("public_url = 'linli.example.cn'\n", 1, "https://linli.example.cn"),
        ("public_url = 'https://linli.example.cn/path'\n", 1, "without a path"),
        ("trusted_proxy = 'proxy'\n", 1, "IP address"),
        ("log = 'nats://127.0.0.1:4222'\n", 1, "the log's name is missing"),
        ("[nats]\nuser = 'a'\nwords = 'b'\n", 3, "words"),
        ("log = 'memory'\n", 1, "embedded"),
        ("otel_endpoint = 'https://collector'\n", 1, "4318"),
        ("\nhours = '17:30-08:00'\n", 2, "mon-fri 08:00-17:30"),
        ("[smtp]\nhost = 'h'\nfrom = 'l@example.cn'\npasword = 'x'\n", 4, "`pasword`"),
        ("[smtp]\nhost = 'h'\n", 1, "`from`"),
        ("listen = = 1\n", 1, "listen = = 1"),
    ] {
        let told = read(text).unwrap_err();
        assert!(told.starts_with(&format!("linli.toml, line {line}: ")), "{told}");
        assert!(told.contains(named), "{named}: {told}");
    }
}

#[test]
fn the_environment_goes_before_the_file() {
    let file = "listen = '127.0.0.1:80'\n[smtp]\nhost = 'h'\nfrom = 'l@example.cn'\n";
    let environment = [
        ("LISTEN", "127.0.0.1:81"),
        ("SMTP_PORT", "2525"),
        ("SMTP_USER", "u"),
        ("SMTP_PASSWORD", "very-secret"),
        ("DATA", "elsewhere"),
    ];
    let config = with(file, &environment).unwrap();
    assert_eq!(config.listen.port(), 81);
    assert!(!format!("{config:?}").contains("very-secret"));
    assert_eq!(config.smtp.unwrap().port(), 2525);
    let whole = [("SMTP_HOST", "h"), ("SMTP_FROM", "l@example.cn")];
    assert_eq!(with("", &whole).unwrap().smtp.unwrap().from, "l@example.cn");
}

#[test]
fn a_wrong_environment_is_told_by_name() {
    for (name, value, named) in [
        ("LISTN", "x", "LINLI_LISTN is no setting"),
        ("LISTN", "x", "LINLI_LISTEN"),
        ("SMTP_PASWORD", "x", "LINLI_SMTP_PASSWORD"),
        ("SMTP_PORT", "many", "LINLI_SMTP_PORT=many is not a number"),
        ("LISTEN", "here", "LINLI_LISTEN: "),
        ("SMTP_USER", "u", "LINLI_SMTP_USER: "),
    ] {
        let told = with("", &[(name, value)]).unwrap_err();
        assert!(told.contains(named), "{named}: {told}");
    }
}
