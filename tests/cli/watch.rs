//! `plustwo watch`.

use std::{
    io::{BufRead as _, BufReader},
    net::UdpSocket,
    process::{Command, Stdio},
    time::Duration,
};

use assert_cmd::cargo::CommandCargoExt as _;

use crate::{Folder, PATIENCE, VALID, run, server::Serve};

#[test]
fn queries_and_changes_are_watched() {
    let folder = Folder::new("watch");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let watch = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("plustwo").unwrap();
        command.args(["watch", "--api", &server.api]).args(arguments);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let ask = UdpSocket::bind("127.0.0.1:0").unwrap();
    ask.connect(&server.dns).unwrap();
    ask.set_read_timeout(Some(PATIENCE)).unwrap();
    let query =
        b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x03sns\x09us-east-1\x09amazonaws\x03com\0\0\x01\0\x01";
    for (arguments, expected) in [
        (&["--count", "1"][..], " app sns.us-east-1.amazonaws.com. A NOERROR 10.0."),
        (&["--count", "1", "--output", "json"], r#"{"type":"query","at":""#),
    ] {
        let mut process = watch(arguments);
        // until it listens
        while process.try_wait().unwrap().is_none() {
            ask.send(query).unwrap();
            ask.recv(&mut [0; 512]).unwrap();
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = process.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{out}");
        assert!(out.lines().any(|line| line.contains(expected)), "{expected}: {out}");
    }

    let mut process = watch(&[]);
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = std::thread::scope(|scope| {
        // a query of before may still be told
        let changed = |line: &String| line.contains(" changed ");
        let line = scope.spawn(move || lines.map(Result::unwrap).find(changed).unwrap());
        while !line.is_finished() {
            server.run(&["az", "impair", "us-east-1a"]);
        }
        line.join().unwrap()
    });
    assert!(
        line.ends_with(" - - - changed us-east-1a is impaired, DNS takes it as impaired"),
        "{line}"
    );
    process.kill().unwrap();
    process.wait().unwrap();
    let (code, out, err) = run(&["watch", "--api", "http://127.0.0.1:9"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no plustwo server at http://127.0.0.1:9"), "{err}");
}
