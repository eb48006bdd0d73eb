//! A terminal with a scripted person before it.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest wait for words: only a program that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program in a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    eye: JoinHandle<()>,
    /// What was seen up to here is the past.
    seen: usize,
}

impl Terminal {
    /// Starts a program in a terminal of 24 lines and 100 columns.
    pub fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let side = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        drop(command);
        let keyboard = File::from(master);
        let mut master = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        let eye = std::thread::spawn(move || {
            let (mut bytes, mut all) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = master.read(&mut bytes) {
                all.extend_from_slice(&bytes[..count]);
                *shown.lock().unwrap() = String::from_utf8_lossy(&all).replace('\r', "");
            }
        });
        Self { child, keyboard, screen, eye, seen: 0 }
    }

    /// Everything that was shown, without colours.
    pub fn screen(&self) -> String {
        let text = self.screen.lock().unwrap().clone();
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            rest = behind.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
        }
        plain + rest
    }

    /// Waits until one of these words is shown behind what was seen before; gives which.
    #[track_caller]
    pub fn until(&mut self, words: &[&str]) -> usize {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            let found = words
                .iter()
                .enumerate()
                .filter_map(|(n, word)| Some((screen[self.seen..].find(word)? + word.len(), n)));
            if let Some((end, which)) = found.min() {
                self.seen += end;
                return which;
            }
            assert!(begun.elapsed() < PATIENCE, "none of {words:?} came:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) {
        writeln!(self.keyboard, "{text}").unwrap();
    }

    /// Presses Enter until these words are shown.
    #[track_caller]
    pub fn enter_until(&mut self, words: &str) {
        while self.until(&["-- Enter to go on:", "Enter when you have read it:", words]) < 2 {
            self.line("");
        }
    }

    /// What Ctrl-C does.
    pub fn interrupt(mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        assert!(!self.child.wait().unwrap().success());
    }

    /// Waits for the end; gives the exit code.
    pub fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        // The other side is closed now, so the last words are read and then there is an end.
        while !self.eye.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        (code, self.screen())
    }
}
