//! The target `exec:COMMAND`: a program of the user's that is told the number of workers.
//!
//! No shell stands between: the words of the setting are the program and its arguments, the number
//! is the last one. The program may do what it likes, but not for longer than its limit, and not
//! with more than a page of talk in the log.

use std::io::ErrorKind;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::outcome::Outcome;
use crate::units::Workers;

/// A command that has not come back by then never will: `docker compose up --scale` takes seconds.
const LIMIT: Duration = Duration::from_secs(60);
/// What a program that has ended left in its pipes is there at once; a child that it left behind
/// may hold them open for ever.
const REST: Duration = Duration::from_millis(500);
/// Ending a process group takes a moment, even on a busy machine.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// Lines of each of stdout and stderr that go to the log.
const LINES: usize = 50;
/// Bytes of a line that go to the log.
const LINE: usize = 500;

/// A program, and the arguments that stand before the number of workers.
pub struct Exec {
    words: Vec<String>,
    limit: Duration,
}

/// What a program says on one of its streams: passed on to the log in bounded lines, the last of
/// them kept.
struct Talk {
    stream: &'static str,
    line: Vec<u8>,
    lines: usize,
    last: String,
}

// === impl Exec ===

impl Exec {
    /// The program and its arguments.
    #[must_use]
    pub const fn new(words: Vec<String>) -> Self {
        Self::with_limit(words, LIMIT)
    }

    /// The same with another time limit.
    #[must_use]
    pub const fn with_limit(words: Vec<String>, limit: Duration) -> Self {
        Self { words, limit }
    }

    /// Runs the program to its end.
    pub(super) async fn scale_to(&self, workers: Workers) -> Outcome {
        match self.run(workers).await {
            Ok(()) => Outcome::Asked {
                from: None,
                to: workers,
            },
            Err(why) => Outcome::Failed {
                why,
                retry_after: None,
            },
        }
    }

    async fn run(&self, workers: Workers) -> Result<(), String> {
        let mut child = self.start(workers)?;
        let (mut stdout, mut stderr) = (Talk::new("stdout"), Talk::new("stderr"));
        let attended = attend(&mut child, &mut stdout, &mut stderr);
        let ended = timeout(self.limit, attended).await;
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!(
                "running `{} {workers}`: it ended with {status}{}",
                self.words.join(" "),
                stderr.told()
            )),
            Ok(Err(error)) => Err(format!(
                "waiting for `{} {workers}`: {error}",
                self.words.join(" ")
            )),
            Err(_) => {
                kill_group(&mut child).await;
                Err(format!(
                    "running `{} {workers}`: it had not ended after {} and was killed{}",
                    self.words.join(" "),
                    humantime::format_duration(self.limit),
                    stderr.told()
                ))
            }
        }
    }

    fn start(&self, workers: Workers) -> Result<Child, String> {
        let (program, arguments) = self
            .words
            .split_first()
            .ok_or("running a command: OUTRIDER_TARGET names none")?;
        Command::new(program)
            .args(arguments)
            .arg(workers.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => format!(
                    "starting `{program}`: no such program; \
                     put it into the image, or write its whole path into OUTRIDER_TARGET"
                ),
                ErrorKind::PermissionDenied => {
                    format!("starting `{program}`: not allowed; make it executable for this user")
                }
                _ => format!("starting `{program}`: {error}"),
            })
    }
}

/// Waits for the program's end and passes on what it says until then.
async fn attend(
    child: &mut Child,
    stdout: &mut Talk,
    stderr: &mut Talk,
) -> std::io::Result<ExitStatus> {
    let streams = (child.stdout.take(), child.stderr.take());
    let mut listening = pin!(async {
        tokio::join!(stdout.listen(streams.0), stderr.listen(streams.1));
    });
    let mut heard = false;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = &mut listening, if !heard => heard = true,
        }
    };
    if !heard {
        let _open_for_ever = timeout(REST, listening).await;
    }
    Ok(status)
}

/// Ends the program and, where there is a `kill` to do it, all that it started: the standard
/// library signals one process only, and going around it would take unsafe code.
async fn kill_group(child: &mut Child) {
    if let Some(group) = child.id() {
        let killed = Command::new("kill")
            .args(["-KILL", "--", &format!("-{group}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status();
        if !matches!(timeout(KILL_LIMIT, killed).await, Ok(Ok(status)) if status.success()) {
            tracing::debug!(group, "no kill for the whole process group");
        }
    }
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "the command could not be killed");
    }
}

// === impl Talk ===

impl Talk {
    const fn new(stream: &'static str) -> Self {
        Self {
            stream,
            line: Vec::new(),
            lines: 0,
            last: String::new(),
        }
    }

    /// Reads to the end: a program whose pipe is full would wait for ever.
    async fn listen(&mut self, from: Option<impl AsyncRead + Unpin>) {
        let Some(mut from) = from else { return };
        let mut chunk = [0; 1024];
        while let Ok(read @ 1..) = from.read(&mut chunk).await {
            self.hear(&chunk[..read]);
        }
        self.end_line();
    }

    fn hear(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
            } else if self.line.len() < LINE {
                self.line.push(byte);
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line).trim().to_owned();
        self.line.clear();
        if line.is_empty() {
            return;
        }
        self.lines += 1;
        if self.lines <= LINES {
            tracing::info!(stream = self.stream, line, "the command says");
        } else if self.lines == LINES + 1 {
            tracing::info!(
                stream = self.stream,
                "the command says more; it is left out"
            );
        }
        self.last = line;
    }

    /// The last line, as the end of a sentence.
    fn told(&self) -> String {
        if self.last.is_empty() {
            String::new()
        } else {
            format!(": {}", self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_is_cut_into_bounded_lines_and_the_last_one_is_kept() {
        let mut talk = Talk::new("stderr");
        talk.hear(b"first\nsec");
        talk.hear(b"ond\n\n");
        assert_eq!((talk.lines, talk.last.as_str()), (2, "second"));
        talk.hear(&[b'x'; 10_000]);
        talk.end_line();
        assert_eq!(talk.last.len(), LINE);
        assert!(talk.line.capacity() < 2 * LINE);
    }
}
