//! Somebody with a browser: pages and forms as they come through the gateway.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use linli_people::adapters::NewStaff;
use linli_platform::{
    directory::{SignIn, SignedIn},
    web::session,
};
use serde_json::Value;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::app::App;

/// A browser, signed in or not.
#[derive(Clone)]
pub struct Visitor {
    pub router: axum::Router,
    /// What it sends with each request.
    pub cookie: Option<String>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    /// Where a redirect leads to.
    pub to: String,
    pub text: String,
    /// What is no text.
    pub file: Vec<u8>,
}

impl Answer {
    /// What stands at the top of the page.
    fn heading(&self) -> &str {
        self.text
            .split_once("<h1>")
            .map_or(&*self.text, |(_, rest)| rest.split("</section>").next().unwrap_or_default())
    }
}

/// Fields as a browser sends them.
fn form(fields: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://localhost", fields).unwrap();
    url.query().unwrap_or_default().to_owned()
}

impl App {
    /// Somebody whom nobody knows.
    pub fn stranger(&self) -> Visitor {
        Visitor { router: self.router.clone(), cookie: None }
    }

    /// A person who is signed in.
    pub async fn browser_of(&self, person: Uuid) -> Visitor {
        let epoch = self.platform().vault.session_epoch(person).unwrap();
        let with = SignIn::Session { person, epoch };
        let SignedIn::As(who) = self.platform().directory.sign_in(with).await.unwrap() else {
            panic!("nothing was to be minted");
        };
        let cookie = session::issue(self.platform(), &who).unwrap();
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        Visitor { router: self.router.clone(), cookie: Some(cookie) }
    }

    /// Somebody who works here, signed in.
    pub async fn desk(&self, role: &str) -> Visitor {
        let who = NewStaff {
            name: format!("Test {role}"),
            email: format!("{role}@example.test"),
            language: "zh".to_owned(),
            role: role.to_owned(),
            community: "*".to_owned(),
        };
        let invited = self.people.invite(self.meta(), who).await.unwrap();
        self.settle().await;
        self.browser_of(invited.person).await
    }
}

impl Visitor {
    async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let to = response.headers().get(header::LOCATION);
        let to = to.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        // A file that is no text is kept as it is.
        let (text, file) = match String::from_utf8(body) {
            Ok(text) => (text, Vec::new()),
            Err(error) => (String::new(), error.into_bytes()),
        };
        Answer { status, to, text, file }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Opens a page that must be there.
    pub async fn reads(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.heading());
        answer.text
    }

    /// Sends a form with a fresh command's id.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let cmd = Uuid::from_u128(rand::random()).to_string();
        let fields = [fields, &[("cmd", cmd.as_str())]].concat();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form(&fields)));
        self.send(request.unwrap()).await
    }

    /// Sends a form that must be taken.
    pub async fn does(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.heading());
    }

    /// Reads JSON.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.reads(path).await).unwrap()
    }
}
