//! `ledger append`: one intent, or a file of them.

use super::DONE;
use crate::context::{ActorArgs, Context, environment_token, read_input};
use crate::output::{DIM, GOOD, HEAD, WARN, printable, say, say_json, say_pairs, styled};
use crate::writer::Writer;
use ledger_core::event::EventKind;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::names::{Gid, Key, Stream};
use ledger_core::sequencer::{Receipt, Request};
use ledger_core::{Code, Error, Result};
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

/// Arguments of `append`.
#[derive(clap::Args, Debug)]
#[command(after_help = examples())]
pub struct AppendArgs {
    /// Kind of intent, or its short name
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    pub kind: Option<String>,
    /// Data: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON|@FILE|-", required_unless_present = "batch", conflicts_with = "batch")]
    pub data: Option<String>,
    /// Private part (names, free text, contacts), in the same forms
    #[arg(long, value_name = "JSON|@FILE|-", conflicts_with = "batch")]
    pub private: Option<String>,
    /// Stream, where the kind allows a choice
    #[arg(long, value_name = "NAME", conflicts_with = "batch")]
    pub stream: Option<String>,
    /// Your own key for it: appending the same again gives the same receipt
    #[arg(long, value_name = "KEY", conflicts_with = "batch")]
    pub id: Option<String>,
    /// Dispatch token, or @FILE that holds it [default: $LEDGER_TOKEN, for kinds that take one]
    #[arg(long, value_name = "TOKEN|@FILE", conflicts_with = "batch")]
    pub token: Option<String>,
    /// Append only if the log holds exactly this many entries
    #[arg(long, value_name = "N", conflicts_with = "batch")]
    pub expect: Option<u64>,
    /// File of intents, one JSON object a line: {"kind","data","private"?,"actor"?,"stream"?,"id"?}; - for standard input
    #[arg(long, value_name = "FILE.jsonl")]
    pub batch: Option<PathBuf>,
    /// All intents of the batch in one commit, or none (at most 16 MiB)
    #[arg(long, requires = "batch", conflicts_with = "kind")]
    pub atomic: bool,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

fn examples() -> String {
    let mut text = String::from(
        "Examples:\n  ledger append note --data '{\"text\":\"deployment frozen until Monday\"}'\n  \
         ledger append artifact --data @artifact.json --id build-7\n  ledger append --batch intents.jsonl\n\nKinds and their data:\n",
    );
    for row in EventKind::ALL.iter().map(|k| k.row()) {
        if let Some(kind) = row.kind {
            let alias = row.alias.map(|a| format!(" ({a})")).unwrap_or_default();
            text.push_str(&format!("  {kind}{alias}\n      {}\n", row.example));
        }
    }
    text
}

/// Largest input that is read into memory: no body may be larger, however it is spelled.
const MOST: u64 = 9 << 20;
/// Intents of a batch that are committed and answered together.
const CHUNK: usize = 1024;

/// JSON, `@FILE` or `-`.
fn part(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix('@') {
        Some(path) => read_input(Path::new(path), MOST),
        None if text == "-" => read_input(Path::new("-"), MOST),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// Appends.
pub fn run(args: &AppendArgs, ctx: &Context) -> anyhow::Result<u8> {
    if let Some(file) = &args.batch {
        return batch(args, file, ctx);
    }
    let kind = args.kind.as_deref().unwrap_or_default();
    // Everything that can be wrong with the input is said before the ledger is opened.
    EventKind::of_intent(kind)?;
    let data = part(args.data.as_deref().unwrap_or_default())?;
    let private = args.private.as_deref().map(part).transpose()?;
    let stream = args.stream.clone().map(Stream::new).transpose()?;
    let key = args.id.clone().map(Key::new).transpose()?;
    let writer = ctx.writer()?;
    let actor = args.actor.resolve(&*writer.registry()?)?;
    let mut intent = Intent::new(kind, &data, private.as_deref(), actor, stream)?;
    intent.key = key;
    intent = with_token(intent, args.token.as_deref())?;
    args.actor.sign(&writer, &mut intent)?;
    let receipts = writer.submit(Request::new(vec![intent]).expecting(args.expect))?;
    for receipt in &receipts {
        say_receipt(receipt, ctx)?;
    }
    Ok(DONE)
}

/// Shows the token with an intent: the one that is named, else the environment's where the kind takes one.
pub fn with_token(intent: Intent, named: Option<&str>) -> Result<Intent> {
    if named.is_none() && !intent.takes_token() {
        return Ok(intent);
    }
    let token = read_token(named)?;
    intent.with_token(token.map(Bearer::new))
}

/// The token that is named, as itself or as @FILE, else the environment's.
pub fn read_token(named: Option<&str>) -> Result<Option<String>> {
    match named.map(|text| text.strip_prefix('@').ok_or(text)) {
        Some(Ok(path)) => {
            Ok(Some(String::from_utf8_lossy(&read_input(Path::new(path), MOST)?).trim().to_owned()))
        }
        Some(Err(text)) => Ok(Some(text.to_owned())),
        None => Ok(environment_token()),
    }
}

/// Says a receipt.
pub fn say_receipt(receipt: &Receipt, ctx: &Context) -> anyhow::Result<()> {
    if ctx.json {
        return say_json(receipt);
    }
    let event = receipt.events.first().map(|e| &*e.event_type).unwrap_or_default();
    let verb = if receipt.repeated { "was there already:" } else { "committed" };
    say(format!(
        "{} entry {} {event} {}",
        styled(GOOD, verb),
        receipt.sequence,
        styled(DIM, format!("{} leaf {}", receipt.id, receipt.leaf_hash))
    ))?;
    for event in receipt.events.iter().skip(1) {
        say(styled(DIM, format!("          entry {} {}", event.sequence, event.event_type)))?;
    }
    say_yields(receipt)
}

/// What is not said among the others: questions have their form, and a token its own line, to be copied.
const APART: [&str; 2] = ["questions", "token"];

/// Says what the intent yielded.
fn say_yields(receipt: &Receipt) -> anyhow::Result<()> {
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = |(name, value): (&String, &serde_json::Value)| (name.clone(), plain(value));
    let pairs: Vec<(String, String)> =
        receipt.yields.iter().filter(|(n, _)| !APART.contains(&n.as_str())).map(text).collect();
    say_pairs(&pairs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>())?;
    for question in receipt.yields.get("questions").and_then(|q| q.as_array()).into_iter().flatten() {
        let member = |name: &str| question.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        say(format!(
            "{} {}",
            styled(HEAD, printable(member("text"), false)),
            styled(DIM, format!("({})", member("form")))
        ))?;
    }
    if let Some(token) = receipt.yields.get("token") {
        say(styled(WARN, "the token, shown this once and kept nowhere; hand it to the agent:"))?;
        say(plain(token))?;
    }
    Ok(())
}

/// Appends a file of intents: read and checked whole before the first is appended, then committed and answered in chunks.
fn batch(args: &AppendArgs, file: &Path, ctx: &Context) -> anyhow::Result<u8> {
    let lines = Lines::open(file)?;
    let writer = ctx.writer()?;
    let actor = args.actor.resolve(&*writer.registry()?).ok();
    let mut chunk = Vec::new();
    let whole = lines.check(actor.as_ref())?;
    let size = if args.atomic { usize::MAX } else { CHUNK };
    let mut done = 0_u64;
    for line in whole.read()? {
        let (number, text) = line?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let mut intent = Intent::from_json(&text, actor.as_ref()).map_err(|e| at_line(e, number))?;
        args.actor.sign(&writer, &mut intent)?;
        chunk.push((number, intent));
        if chunk.len() >= size {
            done = done.saturating_add(commit(&writer, std::mem::take(&mut chunk), args.atomic, ctx)?);
        }
    }
    done = done.saturating_add(commit(&writer, chunk, args.atomic, ctx)?);
    if !ctx.json {
        say(format!("{} {done} intents", styled(GOOD, "committed")))?;
    }
    Ok(DONE)
}

/// Commits a chunk and says its receipts; the first refusal ends the batch.
fn commit(writer: &Writer, chunk: Vec<(u64, Intent)>, atomic: bool, ctx: &Context) -> anyhow::Result<u64> {
    let count = chunk.len() as u64;
    let (numbers, intents): (Vec<u64>, Vec<Intent>) = chunk.into_iter().unzip();
    if intents.is_empty() {
        return Ok(0);
    }
    let answers = if atomic {
        vec![writer.submit(request(intents, ctx))]
    } else {
        let requests: Vec<Request> = intents.into_iter().map(|intent| request(vec![intent], ctx)).collect();
        writer.submit_all(&requests)
    };
    for (answer, number) in answers.into_iter().zip(numbers) {
        let receipts = answer.map_err(|e| if atomic { e } else { at_line(e, number) })?;
        if ctx.json {
            for receipt in &receipts {
                say_json(receipt)?;
            }
        }
    }
    Ok(count)
}

/// With inclusion proofs only where the receipts are shown.
fn request(intents: Vec<Intent>, ctx: &Context) -> Request {
    let request = Request::new(intents);
    if ctx.json { request } else { request.without_proofs() }
}

fn at_line(mut e: Error, number: u64) -> Error {
    e.message = format!("line {number}: {}", e.message);
    e
}

/// A file of lines that can be read twice.
struct Lines {
    path: PathBuf,
    spooled: Option<Vec<u8>>,
}

/// Largest batch from standard input, which must be kept to be read twice.
const MOST_SPOOLED: u64 = 1 << 30;

impl Lines {
    fn open(path: &Path) -> Result<Self> {
        let spooled = (path.as_os_str() == "-").then(|| read_input(path, MOST_SPOOLED)).transpose()?;
        Ok(Self { path: path.to_owned(), spooled })
    }

    /// All lines with their numbers, from 1.
    fn read(&self) -> Result<impl Iterator<Item = Result<(u64, Vec<u8>)>> + '_> {
        let failed =
            |e: std::io::Error| Error::new(Code::InputUnreadable, format!("{}: {e}", self.path.display()));
        let reader: Box<dyn std::io::BufRead + '_> = match &self.spooled {
            Some(bytes) => Box::new(bytes.as_slice()),
            None => Box::new(std::io::BufReader::new(std::fs::File::open(&self.path).map_err(failed)?)),
        };
        Ok((1_u64..).zip(reader.split(b'\n')).map(move |(number, line)| Ok((number, line.map_err(failed)?))))
    }

    /// Checks the form of every intent, and that there is one.
    fn check(self, actor: Option<&Gid>) -> Result<Self> {
        let mut count = 0_u64;
        for line in self.read()? {
            let (number, text) = line?;
            if !text.trim_ascii().is_empty() {
                Intent::from_json(&text, actor).map_err(|e| at_line(e, number))?;
                count = count.saturating_add(1);
            }
        }
        if count == 0 {
            return Err(Error::new(
                Code::InputUnreadable,
                format!("{} holds no intents", self.path.display()),
            ));
        }
        Ok(self)
    }
}
