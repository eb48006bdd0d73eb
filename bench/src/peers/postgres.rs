//! The peer of appends over a network: a hash-chained table in PostgreSQL, as one would write it by hand.
//!
//! A real server of its own on a socket below the run's directory, with `fsync` and `synchronous_commit` on. A trigger takes a lock that is
//! held until the commit, reads the last hash and writes the next: without it two inserts would follow the same row.

use postgres::{Client, NoTls};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The user that runs the server when this program is run by root, which PostgreSQL refuses.
const USER: &str = "postgres";
/// The table, and the trigger that chains its rows.
const SCHEMA: &str = "
    CREATE TABLE log (sequence bigserial PRIMARY KEY, prev_hash bytea NOT NULL, hash bytea NOT NULL, body bytea NOT NULL);
    CREATE FUNCTION chain() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(7420);
        NEW.sequence := nextval('log_sequence_seq');
        SELECT hash INTO NEW.prev_hash FROM log ORDER BY sequence DESC LIMIT 1;
        NEW.prev_hash := coalesce(NEW.prev_hash, decode(repeat('00', 32), 'hex'));
        NEW.hash := sha256(NEW.prev_hash || NEW.body);
        RETURN NEW;
    END $$;
    CREATE TRIGGER chained BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION chain();";

/// A running server; it ends with this.
pub struct Server {
    child: Child,
    dir: PathBuf,
}

/// The programs of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).ok()?.flatten().map(|e| e.path().join("bin"));
    versions.filter(|bin| bin.join("initdb").is_file()).max()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// The program, run by a user that PostgreSQL accepts.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups", "--"]).arg(program);
    command
}

impl Server {
    /// A new server in this directory; `None` when PostgreSQL is not installed.
    #[must_use]
    pub fn start(dir: &Path) -> Option<Self> {
        let bin = programs()?;
        if is_root() {
            let owned = Command::new("chown").arg(USER).arg(dir).status();
            assert!(owned.is_ok_and(|s| s.success()), "{} for the user {USER}", dir.display());
            for above in dir.ancestors().skip(1).take(2) {
                let _ = Command::new("chmod").arg("o+x").arg(above).status();
            }
        }
        let data = dir.join("data");
        let made = command(&bin.join("initdb"))
            .args(["--username", "bench", "--auth", "trust", "--no-sync", "--pgdata"])
            .arg(&data)
            .current_dir(dir)
            .stdout(Stdio::null())
            .status();
        assert!(made.is_ok_and(|s| s.success()), "initdb");
        let child = command(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(dir)
            .args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "synchronous_commit=on"])
            .args(["-c", "shared_buffers=256MB", "-c", "max_connections=100"])
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres");
        let server = Self { child, dir: dir.to_owned() };
        server.wait().batch_execute(SCHEMA).expect("schema");
        Some(server)
    }

    fn try_connect(&self) -> Result<Client, postgres::Error> {
        Client::connect(&format!("host={} user=bench dbname=postgres", self.dir.display()), NoTls)
    }

    fn wait(&self) -> Client {
        let begun = Instant::now();
        loop {
            match self.try_connect() {
                Ok(client) => return client,
                Err(e) => {
                    assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer: {e}");
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A connection of a caller.
    #[must_use]
    pub fn connect(&self) -> Chain {
        Chain(self.try_connect().expect("a connection"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: ends connections and stops in order.
        let _ = Command::new("kill").args(["-s", "INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// One connection.
pub struct Chain(Client);

impl Chain {
    /// Appends one row, chained to the last.
    pub fn append(&mut self, body: &[u8]) {
        self.0.execute("INSERT INTO log (body) VALUES ($1)", &[&body]).expect("insert");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_with_a_connection_each_make_one_chain() {
        let dir = tempfile::tempdir().unwrap();
        let Some(server) = Server::start(dir.path()) else { return eprintln!("PostgreSQL is not installed") };
        std::thread::scope(|scope| {
            for caller in 0..4 {
                let mut chain = server.connect();
                scope.spawn(move || (0..5).for_each(|i| chain.append(format!("{caller} {i}").as_bytes())));
            }
        });
        let chained = "SELECT count(*) FROM (SELECT prev_hash, hash, body, lag(hash) OVER (ORDER BY sequence) AS before FROM log) AS r
            WHERE hash = sha256(prev_hash || body) AND prev_hash = coalesce(before, decode(repeat('00', 32), 'hex'))";
        let count: i64 = server.connect().0.query_one(chained, &[]).unwrap().get(0);
        assert_eq!(count, 20);
    }
}
