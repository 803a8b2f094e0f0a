//! A browser of its own for each story, over `WebDriver`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::http::exchange;

/// `WebDriver`'s code of the key.
pub const TAB: &str = "\u{e004}";
pub const ARROW_RIGHT: &str = "\u{e014}";

/// What a container without much shared memory needs, where root runs it; and nothing that chromium
/// does on its own account: what is asked for then is what the page asks for. No name but our
/// address is found, so nothing comes from elsewhere.
const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// Until dropped.
pub struct Chromium {
    driver: Child,
    /// It writes to us as long as it runs.
    _told: BufReader<ChildStdout>,
    address: String,
    session: String,
    profile: PathBuf,
}

// === impl Chromium ===

impl Chromium {
    /// Starts it on an empty page, with a new profile of this name.
    pub fn start(name: &str) -> Self {
        Self::with_preferences(name, &json!({}))
    }

    pub fn with_preferences(name: &str, preferences: &Value) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver, which `tests/run browser` installs");
        let mut told = BufReader::new(driver.stdout.take().expect("piped"));
        let address = format!("127.0.0.1:{}", port(&mut told));
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{name}"));
        let _none_yet = fs::remove_dir_all(&profile);
        let mut chromium = Self {
            driver,
            _told: told,
            address,
            session: String::new(),
            profile,
        };
        chromium.begin(preferences);
        chromium.open("about:blank");
        chromium.requests();
        chromium
    }

    fn begin(&mut self, preferences: &Value) {
        let profile = format!("--user-data-dir={}", self.profile.display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([profile.as_str()]).collect();
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": { "args": arguments, "prefs": preferences },
        } } });
        let begun = self.tell("POST", "/session", &wanted).expect("a browser");
        let session = begun["sessionId"].as_str().expect("a session");
        self.session = format!("/session/{session}");
    }

    /// Returns when it is loaded.
    pub fn open(&self, url: &str) {
        self.ask("url", &json!({ "url": url })).expect("a page");
    }

    /// What the body of a function returns; an error where the page goes away meanwhile.
    pub fn script(&self, script: &str) -> Result<Value, String> {
        self.ask("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What Chrome's `DevTools` can do and `WebDriver` cannot.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let command = json!({ "cmd": command, "params": parameters });
        self.ask("goog/cdp/execute", &command).expect("DevTools")
    }

    pub fn press(&self, key: &str) {
        let press = ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": press });
        self.ask("actions", &json!({ "actions": [keyboard] }))
            .expect("a keyboard");
    }

    pub fn click(&self, selector: &str) {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.ask("element", &wanted).expect("an element");
        let mut ids = found.as_object().into_iter().flatten();
        let id = ids.next().and_then(|(_, id)| id.as_str()).expect("its id");
        self.ask(&format!("element/{id}/click"), &json!({}))
            .expect("a click");
    }

    pub fn title(&self) -> Value {
        let path = format!("{}/title", self.session);
        self.tell("GET", &path, &json!({})).expect("a title")
    }

    /// A window of this width, as high as usual.
    pub fn resize(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Every message of the console since the last time: of scripts, of the network, of the content
    /// security policy.
    pub fn console(&self) -> Vec<String> {
        self.log("browser", |entry| Some(entry["message"].as_str()?.into()))
    }

    /// Every address that was asked for since the last time.
    pub fn requests(&self) -> Vec<String> {
        self.log("performance", |entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            let sent = event["method"] == "Network.requestWillBeSent";
            let url = &event["params"]["request"]["url"];
            url.as_str().filter(|_| sent).map(Into::into)
        })
    }

    fn log(&self, kind: &str, what: impl Fn(&Value) -> Option<String>) -> Vec<String> {
        let log = self.ask("se/log", &json!({ "type": kind })).expect("a log");
        log.as_array()
            .expect("a list")
            .iter()
            .filter_map(what)
            .collect()
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.tell("POST", &format!("{}/{path}", self.session), body)
    }

    fn tell(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let answer = exchange(&self.address, method, path, &body);
        let value = answer.map_err(|error| error.to_string())?["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    /// The process, whoever started it, by the lock of its profile: `HOST-PROCESS`.
    fn process(&self) -> Option<String> {
        let lock = fs::read_link(self.profile.join("SingletonLock")).ok()?;
        let (_, process) = lock.to_str()?.rsplit_once('-')?;
        let there = Path::new("/proc").join(process).exists();
        there.then(|| process.into())
    }
}

impl Drop for Chromium {
    /// The driver ends its browser when the session is deleted, and leaves it behind when it is
    /// killed.
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.tell("DELETE", &self.session, &json!({}));
        }
        if let Some(process) = self.process() {
            let _ = Command::new("kill").args(["-KILL", &process]).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Of `ChromeDriver was started successfully on port 38295.`
fn port(told: &mut impl BufRead) -> String {
    let mut lines = told.lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("successfully on port"));
    let line = line.expect("chromedriver says where it listens");
    let (_, port) = line.rsplit_once(' ').expect("words");
    port.trim_end_matches('.').into()
}
