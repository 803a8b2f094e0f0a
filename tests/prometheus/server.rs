//! Prometheus as a process.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::asked::folder;

/// Until dropped.
pub struct Prometheus {
    process: Child,
    address: String,
}

// === impl Prometheus ===

impl Prometheus {
    /// Scrapes the sidecar whose page stands there, with the labels that the chart's `PodMonitor`
    /// gives it, under the chart's rules.
    pub fn scraping(page: &str) -> Self {
        let work = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prometheus");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).expect("a place to work");
        let target = page.trim_start_matches("http://").trim_end_matches('/');
        let file = work.join("prometheus.yml");
        fs::write(&file, configuration(target)).expect("a file of ours");
        let log = fs::File::create(work.join("log.txt")).expect("a place for the log");
        let address = format!("127.0.0.1:{}", free_port());
        let process = Command::new(binary())
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                work.join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stderr(log)
            .spawn()
            .expect("Prometheus");
        let mut started = Self { process, address };
        started.until_ready();
        started
    }

    fn until_ready(&mut self) {
        for _ in 0..600 {
            let ended = self.process.try_wait().expect("a child");
            assert_eq!(ended, None, "Prometheus ended: target/prometheus/log.txt");
            if self.ask("/-/ready").is_some() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("Prometheus is not ready within 60 s: target/prometheus/log.txt");
    }

    /// What an expression comes to now, or what is wrong with it.
    pub fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        let answer = self.get("/api/v1/query", &[("query", expression)]);
        match answer.pointer("/data/result").and_then(Value::as_array) {
            Some(series) => Ok(series.clone()),
            None => Err(answer["error"].to_string()),
        }
    }

    /// What an expression comes to now, where that is one number.
    pub fn number(&self, expression: &str) -> Option<f64> {
        let series = self.query(expression).expect("an expression");
        let [one] = &series[..] else { return None };
        one["value"][1].as_str()?.parse().ok()
    }

    /// Rules that could not be evaluated, or were not yet.
    pub fn rules_in_trouble(&self) -> Vec<String> {
        let answer = self.get("/api/v1/rules", &[]);
        let groups = answer.pointer("/data/groups").and_then(Value::as_array);
        let groups = groups.expect("groups of rules").iter();
        let rules = groups
            .filter_map(|group| group["rules"].as_array())
            .flatten();
        let bad = rules.filter(|rule| rule["health"] != "ok");
        bad.map(ToString::to_string).collect()
    }

    /// An answer of its API, whatever the status.
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let answer = self.ask(&format!("{path}?{}", parameters.join("&")));
        let body = answer.expect("Prometheus answers");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    /// HTTP 1.0, so that the answer ends with the connection.
    fn ask(&self, target: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let limit = Some(Duration::from_secs(30));
        stream.set_read_timeout(limit).ok()?;
        write!(stream, "GET {target} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let unready = head.starts_with("HTTP/1.0 503");
        (!unready).then(|| body.to_owned())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every second, so that nobody waits for the rules' turn.
fn configuration(target: &str) -> String {
    let rules = folder("rules");
    format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: ['{}/*.yaml']
scrape_configs:
  - job_name: outrider
    static_configs:
      - targets: ['{target}']
        labels: {{ namespace: shop, flinkdeployment: orders, pod: orders-0, container: outrider }}
",
        rules.display()
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told where Prometheus is"
)]
fn binary() -> PathBuf {
    let given = std::env::var_os("OUTRIDER_PROMETHEUS");
    given.expect("OUTRIDER_PROMETHEUS names the program").into()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("a bound address").port()
}
