//! Replays every `console` block of the README, of `docs/api.md` and of `examples/*/README.md`: each command, each line it prints.
//!
//! A line that begins with `$ ` is run by bash in the page's folder, with the binary under test as `plustwo`; the lines
//! up to the next one are what it must print on stdout. `plustwo serve` (or `cargo run --release -- serve`) starts a
//! server that serves the rest of the page: it gets free ports, and a page reads as if they were the default ones. So
//! it is with ports of loopback addresses that the page's files name. An example is played in a copy of its folder, where
//! a server may write.
//! `UPDATE=1` writes what was printed into the page; read the diff before you commit it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let args = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("docs/api.md")];
    for entry in fs::read_dir(root.join("examples")).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            pages.push(entry.path().join("README.md"));
        }
    }
    pages.sort();
    let trials = pages.into_iter().map(|page| {
        let name = page.strip_prefix(root).unwrap().display().to_string();
        Trial::test(name, move || replay(&page))
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

fn replay(page: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
    let (folder, ports) = playground(page.parent().unwrap())?;
    let mut session = Session { folder, ports, server: None };
    let mut played = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    let mut commands = 0;
    while let Some(line) = lines.next() {
        writeln!(played, "{line}").unwrap();
        if line != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != "```") {
            // what was printed last time makes room for what is printed now
            let Some(command) = line.strip_prefix("$ ") else { continue };
            commands += 1;
            write!(played, "{line}\n{}", session.run(command)?).unwrap();
        }
    }
    if commands == 0 {
        return Err("the page has no `console` block with a command".into());
    }
    if played == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        return Ok(fs::write(page, played)?);
    }
    let diff = similar::TextDiff::from_lines(&text, &played);
    Err(format!("what the page shows and what was printed differ\n{}", diff.unified_diff()).into())
}

/// The folder that a page is played in, a copy, and the free ports that stand there for those that its files name: the folder
/// itself where that has no topology.
fn playground(folder: &Path) -> Result<(PathBuf, Vec<(String, String)>), Failed> {
    let mut ports: Vec<(String, String)> = Vec::new();
    let mut taken = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)?.map(Result::unwrap) {
        let Some(name) = entry.file_name().to_str().map(ToOwned::to_owned) else { continue };
        let kind = Path::new(&name).extension().and_then(OsStr::to_str);
        if !matches!(kind, Some("yaml" | "zone")) {
            continue;
        }
        let text = fs::read_to_string(entry.path())?;
        for quoted in text.split('"').filter(|text| text.starts_with("127.")) {
            let Some((ip, port)) = quoted.split_once(':') else { continue };
            if port.parse::<u16>().is_ok() && !ports.iter().any(|(known, _)| known == port) {
                let free = TcpListener::bind((ip, 0))?;
                ports.push((port.to_owned(), free.local_addr()?.port().to_string()));
                taken.push(free);
            }
        }
        files.push((name, text));
    }
    if files.is_empty() || folder == Path::new(env!("CARGO_MANIFEST_DIR")) {
        return Ok((folder.to_owned(), ports));
    }
    let name = folder.file_name().unwrap_or_default();
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // what a server wrote there last time is gone
    _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy)?;
    for (name, mut text) in files {
        for (port, free) in &ports {
            text = text.replace(&format!(":{port}\""), &format!(":{free}\""));
        }
        fs::write(copy.join(name), text)?;
    }
    Ok((copy, ports))
}

/// The commands of one page, and the server they talk to.
struct Session {
    folder: PathBuf,
    /// Ports of the page's files, and those that stand for them.
    ports: Vec<(String, String)>,
    server: Option<Server>,
}

/// A running server and its ports.
struct Server {
    process: Child,
    dns: String,
    api: String,
}

impl Session {
    /// Runs a command and returns what it printed.
    fn run(&mut self, command: &str) -> Result<String, Failed> {
        let command = command.replace("cargo run --release -- ", "plustwo ");
        if let Some(arguments) = command.strip_prefix("plustwo serve") {
            return self.serve(arguments);
        }
        let mut command = command;
        for (port, free) in &self.ports {
            command = command.replace(&format!("-p {port}"), &format!("-p {free}"));
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_plustwo"));
        let path =
            format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        if let Some(server) = &self.server {
            command = command.replace("-p 5300", &format!("-p {}", server.dns));
            command = command.replace("127.0.0.1:5380", &format!("127.0.0.1:{}", server.api));
            bash.env("PLUSTWO_API", format!("http://127.0.0.1:{}", server.api));
        }
        let output =
            bash.arg("-c").arg(&command).current_dir(&self.folder).env("PATH", path).output()?;
        let mut printed = String::from_utf8(output.stdout)?;
        for (port, free) in &self.ports {
            printed = printed.replace(&format!(":{free}"), &format!(":{port}"));
        }
        Ok(printed)
    }

    fn serve(&mut self, arguments: &str) -> Result<String, Failed> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_plustwo"))
            .arg("serve")
            .args(arguments.split_whitespace())
            .args(["--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--log", "off"])
            .current_dir(&self.folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        let (mut dns, mut api) = (String::new(), String::new());
        // it prints where it listens, then a line to try, and then serves
        for line in lines.by_ref() {
            let line = line?;
            let port = line.rsplit(':').next().unwrap_or_default().to_owned();
            if line.starts_with("dns ") {
                dns.clone_from(&port);
            } else if line.starts_with("api ") {
                api.clone_from(&port);
            }
            let shown = match line.split(' ').next() {
                Some("dns") => line.replace(&format!(":{port}"), ":5300"),
                Some("api") => line.replace(&format!(":{port}"), ":5380"),
                Some("page") => line.replace(&format!(":{api}"), ":5380"),
                Some(inbound) if inbound.starts_with("inbound:") => {
                    let of_page = |line: String, (port, free): &(String, String)| {
                        line.replace(&format!(":{free}"), &format!(":{port}"))
                    };
                    self.ports.iter().fold(line.clone(), of_page)
                }
                _ => line.replace(&format!("-p {dns}"), "-p 5300"),
            };
            writeln!(printed, "{shown}")?;
            if line.starts_with("try: ") {
                break;
            }
        }
        self.server = Some(Server { process, dns, api });
        Ok(printed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it has nothing to lose
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
