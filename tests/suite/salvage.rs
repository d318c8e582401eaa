//! What is known of a store's logs when the store is damaged, or when they are read out of it again.

use crate::util::{Scratch, gzip, package};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Without its manifest, and without what is kept beside the events, these are all there still.
#[test]
fn a_store_without_its_manifest_is_read_with_salvage() {
    let scratch = Scratch::new("salvage");
    let logs = package().join("samples/php-fpm-oom");
    scratch.good(&["build", logs.to_str().expect("UTF-8"), "-o", "a.timeline", "--tz", "Asia/Seoul", "-q"]);
    let show = |options: &[&str]| {
        let args = [&["show", "a.timeline", "--tz", "Asia/Seoul", "--format", "jsonl"][..], options].concat();
        scratch.run(&args)
    };
    let whole = show(&[]).stdout;
    let store = scratch.work().join("a.timeline");
    let [manifest, run] =
        ["manifest.json", "run.json"].map(|name| std::fs::read(store.join(name)).expect(name));
    for length in [0, 1, 200, manifest.len() / 2, manifest.len() - 2] {
        std::fs::write(store.join("manifest.json"), &manifest[..length]).expect("disk");
        std::fs::write(store.join("run.json"), &run[..length.min(run.len() - 1)]).expect("disk");
        let refused = show(&[]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
        assert!(text(&refused.stderr).contains("--salvage"), "{}", text(&refused.stderr));
        let salvaged = show(&["--salvage", "--strict"]);
        assert!(whole == salvaged.stdout, "{length}");
        let told = text(&salvaged.stderr);
        assert!(salvaged.status.code() == Some(1) && told.lines().count() == 2, "{told}");
        assert!(told.contains("manifest.json: ") && told.contains("run.json: "), "{told}");
    }
    std::fs::remove_file(store.join("manifest.json")).expect("a file");
    std::fs::remove_dir_all(store.join("events/date=2014-12-12")).expect("a folder");
    let salvaged = show(&["--salvage"]);
    assert!(text(&salvaged.stderr).contains("are missing before it"), "{}", text(&salvaged.stderr));
    let sources = scratch.run(&["sources", "a.timeline", "--salvage", "-q"]);
    assert!(text(&sources.stdout).contains("clock   not known: what the store kept of it is damaged"));
}

/// What can no longer be seen of logs that are read out of a store, lines cut and files torn, is told all the same.
#[test]
fn losses_and_encodings_go_with_the_logs() {
    let scratch = Scratch::new("told");
    let euc = std::fs::read(package().join("samples/encodings/pay-euckr.log")).expect("a sample");
    scratch.write("web/pay.log", euc);
    let packed = gzip("2014-12-12 10:10:59 up\n".repeat(1_000).as_bytes(), 6);
    scratch.write("web/app.log.gz", &packed[..packed.len() - 9]);
    scratch.write("db/db.log", "2014-12-12 10:11:00 up\n");
    for name in ["web", "db"] {
        scratch.run(&["build", name, "--tz", "UTC", "-q"]);
    }
    scratch.run(&["build", "web.timeline", "db.timeline", "--tz", "UTC", "-q", "-o", "all.timeline"]);
    let said = |inputs: &[&str]| {
        let options = ["sources", "--assume-tz", "Asia/Seoul", "--tz", "UTC", "-q"];
        let said = text(&scratch.good(&[&options[..], inputs].concat()));
        // Bytes are those that were read.
        said.lines().filter(|line| !line.starts_with("  ledger")).map(str::to_owned).collect::<Vec<_>>()
    };
    let logs = said(&["web", "db"]);
    let encoded = |line: &String| line.starts_with("  text    EUC-KR");
    assert!(logs.iter().any(encoded) && logs.iter().any(|line| line == "read in part"), "{logs:#?}");
    assert_eq!(said(&["web.timeline", "db.timeline"]), logs);
    assert_eq!(said(&["all.timeline"]), logs);
    let strict = scratch.run(&["show", "web.timeline", "db.timeline", "--strict", "-q", "--tz", "UTC"]);
    assert_eq!(strict.status.code(), Some(1));
}
