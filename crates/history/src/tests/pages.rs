//! The PDF, parsed back: what makes it readable by everybody, and what must never happen to a person's words.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::{sample, world::World};
use crate::{Anchor, Language, Verified, model::History, to_pdf, verify};

fn verified() -> Verified {
    let world = World::lived();
    verify(&world.file(), Some(&Anchor::from(world.network()))).unwrap()
}

fn parse(bytes: &[u8]) -> Document {
    Document::load_mem(bytes).unwrap()
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    match object {
        Object::Reference(id) => dictionary(document, document.get_object(*id).unwrap()),
        Object::Stream(stream) => &stream.dict,
        object => object.as_dict().unwrap(),
    }
}

fn follow<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    match object {
        Object::Reference(id) => document.get_object(*id).unwrap(),
        object => object,
    }
}

fn list<'a>(document: &'a Document, object: &'a Object) -> Vec<&'a Object> {
    match follow(document, object) {
        Object::Array(items) => items.iter().collect(),
        _ => vec![object],
    }
}

fn text(object: &Object) -> String {
    lopdf::decode_text_string(object).unwrap()
}

/// Every tag of the structure tree, parents before children, and the page of each content mark.
fn walk(document: &Document, element: &Object, tags: &mut Vec<String>, marked: &mut BTreeSet<ObjectId>) {
    let element = dictionary(document, element);
    if let Ok(tag) = element.get(b"S").and_then(Object::as_name) {
        tags.push(String::from_utf8(tag.to_vec()).unwrap());
    }
    let page = element.get(b"Pg").and_then(Object::as_reference);
    let Ok(children) = element.get(b"K") else { return };
    for child in list(document, children) {
        match follow(document, child) {
            Object::Integer(_) => drop(page.as_ref().map(|page| marked.insert(*page))),
            Object::Dictionary(inner)
                if inner.get(b"Type").and_then(Object::as_name).is_ok_and(|t| t == b"MCR") =>
            {
                marked.insert(inner.get(b"Pg").and_then(Object::as_reference).unwrap());
            }
            _ => walk(document, child, tags, marked),
        }
    }
}

fn tags(document: &Document) -> (Vec<String>, BTreeSet<ObjectId>) {
    let root = document.catalog().unwrap().get(b"StructTreeRoot").expect("a structure tree");
    let (mut tags, mut marked) = (Vec::new(), BTreeSet::new());
    walk(document, root, &mut tags, &mut marked);
    (tags, marked)
}

fn xmp(document: &Document) -> String {
    let metadata = follow(document, document.catalog().unwrap().get(b"Metadata").unwrap());
    let stream = metadata.as_stream().unwrap();
    let content = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
    String::from_utf8(content).unwrap()
}

/// All text that can be taken out of the pages, without spaces: where a line ends is for eyes.
fn words(document: &Document) -> String {
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    squeezed(&document.extract_text(&pages).unwrap())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200b}').collect()
}

#[track_caller]
fn says(found: &str, said: &str) {
    assert!(found.contains(&squeezed(said)), "'{said}' is not in {found}");
}

fn count(tags: &[String], tag: &str) -> usize {
    tags.iter().filter(|one| *one == tag).count()
}

fn fonts(document: &Document) -> Vec<&Dictionary> {
    let descriptors = document.objects.values().filter_map(|object| object.as_dict().ok());
    descriptors
        .filter(|it| it.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"FontDescriptor"))
        .collect()
}

#[test]
fn pages_are_tagged_named_and_in_a_language_and_say_that_they_are_pdf_ua() {
    for language in Language::ALL {
        let bytes = to_pdf(&sample::everything(), language, Some(&verified())).unwrap();
        let document = parse(&bytes);
        let catalog = document.catalog().unwrap();
        let mark_info = dictionary(&document, catalog.get(b"MarkInfo").unwrap());
        assert!(mark_info.get(b"Marked").unwrap().as_bool().unwrap());
        assert_eq!(text(catalog.get(b"Lang").unwrap()), language.tag());
        let viewer = dictionary(&document, catalog.get(b"ViewerPreferences").unwrap());
        assert!(viewer.get(b"DisplayDocTitle").unwrap().as_bool().unwrap(), "a reader announces the title");

        let xmp = xmp(&document);
        let tree = roxmltree::Document::parse(xmp.trim_start_matches('\u{feff}')).unwrap();
        let value = |namespace: &str, name: &str| {
            tree.descendants()
                .find(|node| node.tag_name().namespace() == Some(namespace) && node.tag_name().name() == name)
                .map(|node| {
                    node.descendants()
                        .filter(roxmltree::Node::is_text)
                        .filter_map(|it| it.text())
                        .collect::<String>()
                        .trim()
                        .to_owned()
                })
                .or_else(|| {
                    tree.descendants().find_map(|node| node.attribute((namespace, name)).map(str::to_owned))
                })
        };
        assert_eq!(value("http://www.aiim.org/pdfua/ns/id/", "part").as_deref(), Some("1"));
        assert_eq!(value("http://www.aiim.org/pdfa/ns/id/", "part").as_deref(), Some("2"));
        assert_eq!(value("http://www.aiim.org/pdfa/ns/id/", "conformance").as_deref(), Some("A"));
        let title = value("http://purl.org/dc/elements/1.1/", "title").unwrap();
        assert!(title.ends_with("Maria Silva"), "{title}");
        assert_eq!(value("http://purl.org/dc/elements/1.1/", "creator").as_deref(), Some("Maria Silva"));
    }
}

#[test]
fn every_page_every_row_and_every_heading_stands_in_the_structure_tree() {
    let history = sample::everything();
    let entries: usize = history.relationships.iter().map(|one| one.entries.len()).sum();
    let document = parse(&to_pdf(&history, Language::English, Some(&verified())).unwrap());
    let (tags, marked) = tags(&document);
    let pages: BTreeSet<ObjectId> = document.get_pages().into_values().collect();
    assert!(pages.len() > 3);
    assert_eq!(marked, pages, "each page has tagged content");
    for page in &pages {
        let page = document.get_object(*page).unwrap().as_dict().unwrap();
        assert!(page.has(b"StructParents"));
        assert_eq!(page.get(b"Tabs").and_then(Object::as_name).unwrap(), b"S", "tab order is reading order");
        let sides: Vec<f32> = page
            .get(b"MediaBox")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_float().unwrap())
            .collect();
        assert!((sides[2] - 595.3).abs() < 0.5 && (sides[3] - 841.9).abs() < 0.5, "A4: {sides:?}");
    }
    assert_eq!(tags[0], "Document");
    // Access, stopped, released, and one table for each account.
    assert_eq!(count(&tags, "Table"), 3 + history.relationships.len());
    assert!(count(&tags, "TR") >= entries + 5);
    assert_eq!(count(&tags, "TH"), 6 + 6 + 5 + 2 * 4, "each column of each table has a heading");
    assert_eq!(count(&tags, "H1"), 4);
    assert_eq!(count(&tags, "H2"), 5 + history.relationships.len());
    assert!(count(&tags, "LI") > 5);
    assert_eq!(count(&tags, "Figure"), 0, "nothing is only a picture");
}

#[test]
fn all_fonts_travel_with_the_page() {
    let mut history = sample::everything();
    history.whose = Some("Μαρία Сильва Łódź".into());
    let document = parse(&to_pdf(&history, Language::English, None).unwrap());
    let fonts = fonts(&document);
    assert!(fonts.len() >= 3, "both weights, and the one for other scripts");
    for font in fonts {
        let file = [b"FontFile".as_slice(), b"FontFile2", b"FontFile3"].into_iter().find(|key| font.has(key));
        assert!(file.is_some(), "{font:?}");
    }
    let unmapped = document.objects.values().filter_map(|object| object.as_dict().ok()).filter(|it| {
        it.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Font")
            && it.has(b"DescendantFonts")
            && !it.has(b"ToUnicode")
    });
    assert_eq!(unmapped.count(), 0, "text can be copied and read aloud");
    says(&words(&document), "Μαρία Сильва Łódź");
}

#[test]
fn what_a_person_wrote_is_never_taken_for_markup() {
    let wild = "#panic(\"x\") *b* _i_ $x^2$ = H <l> @r `c` \\ // c [x] #include \"/etc/passwd\" ~ -- ' \"";
    let mut history = sample::everything();
    history.whose = Some(wild.into());
    history.relationships[0].publisher.name = Some(wild.into());
    history.relationships[0].publisher.place = Some(wild.into());
    let document = parse(&to_pdf(&history, Language::English, None).unwrap());
    says(&words(&document), wild);
}

#[test]
fn what_no_font_can_draw_is_written_by_its_number() {
    let mut history = sample::everything();
    history.whose = Some("王小明\u{7}مريم".into());
    let document = parse(&to_pdf(&history, Language::English, None).unwrap());
    let found = words(&document);
    says(&found, "[U+738B][U+5C0F][U+660E] [U+0645]");
    says(&found, "written by their Unicode number");
}

#[test]
fn the_summary_says_who_has_access_what_was_stopped_released_and_disputed() {
    let verified = verified();
    let document = parse(&to_pdf(&sample::everything(), Language::English, Some(&verified)).unwrap());
    let found = words(&document);
    let digest = verified.digest.to_string();
    for said in [
        "One more permission holds until",
        "City Clinic (Rua do Almada 12, Porto)",
        "Emergency, entry 11: “Brought in unconscious”",
        "Entry 11 of the account with Santa Maria, disputed on",
        "Ana Silva may act in the account with Santa Maria",
        "In the account with Santa Maria, entry 32: The patient set 1 Sep 2031",
        &digest,
        "followed from the ledger’s beginning",
    ] {
        says(&found, said);
    }
    for (untrue, why) in [
        ("Rui Gomes may act", "he gave it up"),
        ("In the account with Santa Maria, entry 27", "the guardians were removed"),
        ("without asking (entry", "emergency access was switched off again"),
    ] {
        assert!(!found.contains(&squeezed(untrue)), "{why}");
    }
}

#[test]
fn pages_without_a_file_say_that_nothing_proves_them() {
    let document = parse(&to_pdf(&sample::everything(), Language::English, None).unwrap());
    says(&words(&document), "cannot be checked against the ledger");
}

#[test]
fn the_same_history_gives_the_same_pages() {
    let (history, verified) = (sample::everything(), verified());
    let first = to_pdf(&history, Language::Spanish, Some(&verified)).unwrap();
    assert_eq!(first, to_pdf(&history, Language::Spanish, Some(&verified)).unwrap());
}

#[test]
fn an_empty_history_and_a_long_one_both_become_pages() {
    let nothing = History { relationships: Vec::new(), whose: None, ..sample::everything() };
    let document = parse(&to_pdf(&nothing, Language::Spanish, None).unwrap());
    says(&words(&document), "Nadie tiene acceso.");
    let document = parse(&to_pdf(&sample::long(400), Language::English, None).unwrap());
    let pages = document.get_pages().len();
    assert!((15..60).contains(&pages), "{pages} pages");
    let (tags, marked) = tags(&document);
    assert_eq!(marked.len(), pages);
    assert!(count(&tags, "TR") >= 401);
    // The heading of a table is drawn again on each page, for eyes, and stands in the tree once, for ears.
    let drawn = words(&document).matches("Whathappened").count();
    assert!(drawn > pages / 2, "{drawn} of {pages}");
    assert_eq!(count(&tags, "Table"), 3, "what was stopped, what was released, the entries");
    // A hundred permissions of one kind are drawn together in the summary.
    says(&words(&document), "99 times");
}

/// veraPDF, built by `cargo xtask test` where Maven is.
#[test]
#[ignore = "needs veraPDF: `cargo xtask test` builds it where mvn is"]
fn external_verapdf_finds_pages_that_comply_with_both_standards() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("MEDREC_VERAPDF").expect("its folder")).join("target");
    let classpath = std::fs::read_to_string(folder.join("classpath")).unwrap();
    let classpath = format!("{}:{}", folder.join("classes").display(), classpath.trim());
    let check = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut java = std::process::Command::new("java");
        let output = java.args(["-cp", &classpath, "Check"]).arg(file.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let verified = verified();
    for (history, language) in
        [(sample::everything(), Language::English), (verified.named(), Language::Spanish)]
    {
        let bytes = to_pdf(&history, language, Some(&verified)).unwrap();
        let said = check(&bytes);
        let verdicts: Vec<&str> = said.lines().map(|line| line.rsplit_once(' ').unwrap().0).collect();
        assert_eq!(verdicts, ["ua1 complies", "2a complies"], "{said}");

        // It must be able to say no, or its yes is worth nothing.
        let mut document = parse(&bytes);
        document.catalog_mut().unwrap().remove(b"StructTreeRoot");
        let mut untagged = Vec::new();
        document.save_to(&mut untagged).unwrap();
        let said = check(&untagged);
        assert!(said.contains("ua1 breaks") && said.contains("2a breaks"), "{said}");
    }
}

/// Writes the pages to a folder, for eyes, and says how long 400 entries take.
#[test]
#[ignore = "writes pages to look at into the folder that MEDREC_PAGES names"]
fn pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var_os("MEDREC_PAGES").expect("a folder"));
    let verified = verified();
    for (name, history, language) in [
        ("everything-en", sample::everything(), Language::English),
        ("everything-es", sample::everything(), Language::Spanish),
        ("lived-en", verified.named(), Language::English),
        ("long-en", sample::long(400), Language::English),
        ("long-again-en", sample::long(401), Language::English),
    ] {
        let begin = std::time::Instant::now();
        let bytes = to_pdf(&history, language, Some(&verified)).unwrap();
        let pages = parse(&bytes).get_pages().len();
        println!("{name}: {pages} pages, {} bytes, {} ms", bytes.len(), begin.elapsed().as_millis());
        std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
    }
}
