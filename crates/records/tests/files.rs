//! Files that are not FHIR: documents, pictures, texts, bytes.

use medrec_records::media::{PixelSize, pixel_size};
use medrec_records::{RecordKind, describe, describe_start};

fn pdf(information: &str) -> Vec<u8> {
    format!("%PDF-1.4\n7 0 obj\n<< {information} >>\nendobj\nxref\ntrailer\n<< /Info 7 0 R /Root 1 0 R >>\n%%EOF\n")
        .into_bytes()
}

#[test]
fn a_pdf_is_titled_by_its_own_title_else_by_its_name() {
    let titled = describe(
        &pdf("/CreationDate (D:20260922101500+01'00') /Title (Discharge letter)"),
        None,
        Some("x1.pdf"),
    );
    assert_eq!(titled.title, "Discharge letter");
    assert_eq!(titled.date.map(|date| date.to_string()).as_deref(), Some("2026-09-22"));
    assert_eq!((titled.kind, titled.media_type.as_str()), (RecordKind::Document, "application/pdf"));

    let named = describe(&pdf("/Title (untitled)"), None, Some("letters/2026-10-02_cardiology-letter.pdf"));
    assert_eq!(named.title, "Cardiology letter");
    assert_eq!(named.date.map(|date| date.to_string()).as_deref(), Some("2026-10-02"));

    assert_eq!(describe(b"%PDF-1.7", None, None).title, "PDF document");
}

#[test]
fn pdf_titles_in_every_spelling_are_read() {
    for (spelled, title) in [
        (r"/Title (a \(b\) c\\d)", r"a (b) c\d"),
        (r"/Title (nested (round) brackets)", "nested (round) brackets"),
        (r"/Title (Vis\355ta)", "Visíta"),
        ("/Title <FEFF039503BB03AD03BD03B7>", "Ελένη"),
        ("/Title <4C 65 74 74 65 72>", "Letter"),
        (r"/Title (\376\377\004\024\004\070)", "Ди"),
    ] {
        assert_eq!(describe(&pdf(spelled), None, Some("name.pdf")).title, title, "{spelled}");
    }
}

#[test]
fn an_encrypted_pdf_and_an_unfinished_string_say_nothing() {
    let mut encrypted = pdf("/Title (\u{1}\u{2}noise)");
    encrypted.extend_from_slice(b"<< /Encrypt 9 0 R >>");
    assert_eq!(describe(&encrypted, None, Some("letter.pdf")).title, "Letter");
    assert_eq!(describe(&pdf("/Title (no end"), None, Some("letter.pdf")).title, "Letter");
}

#[test]
fn a_title_of_another_object_is_not_taken_for_the_documents() {
    let file = b"%PDF-1.4\n17 0 obj\n<< /Title (Chapter one) >>\nendobj\n7 0 obj\n<< /Producer (x) >>\nendobj\ntrailer << /Info 7 0 R >>";
    assert_eq!(describe(file, None, Some("report.pdf")).title, "Report");
}

#[test]
fn pictures_have_their_size() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend_from_slice(&1600_u32.to_be_bytes());
    png.extend_from_slice(&600_u32.to_be_bytes());
    assert_eq!(pixel_size(&png), Some(PixelSize { width: 1600, height: 600 }));
    let description = describe(&png, Some("application/octet-stream"), None);
    assert_eq!(description.title, "Picture, 1600 × 600 pixels");
    assert_eq!((description.kind, description.media_type.as_str()), (RecordKind::Imaging, "image/png"));
    assert_eq!(describe(&png, None, Some("ecg_12-lead.png")).title, "Ecg 12 lead");

    let jpeg = b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xFF\xC2\x00\x11\x08\x02\x58\x03\x20";
    assert_eq!(pixel_size(jpeg), Some(PixelSize { width: 800, height: 600 }));
    for cut in 0..jpeg.len() {
        assert_eq!(pixel_size(&jpeg[..cut]), None, "{cut}");
    }
}

#[test]
fn a_clinical_document_in_xml_gives_its_title_and_day() {
    let file = br#"<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Visit &amp; plan</title>
        <effectiveTime value="20260311143000+0000"/><recordTarget><title>Other</title></recordTarget></ClinicalDocument>"#;
    let description = describe(file, None, Some("a.xml"));
    assert_eq!(description.title, "Visit & plan");
    assert_eq!(description.date.map(|date| date.to_string()).as_deref(), Some("2026-03-11"));
    assert_eq!((description.kind, description.media_type.as_str()), (RecordKind::Document, "text/xml"));
}

#[test]
fn a_note_without_a_name_is_titled_by_its_first_line() {
    let description = describe("\n# Anruf: Frau Müller\nUm 9 Uhr".as_bytes(), Some("text/markdown"), None);
    assert_eq!(description.title, "Anruf: Frau Müller");
    assert_eq!((description.kind, description.media_type.as_str()), (RecordKind::Document, "text/markdown"));
}

#[test]
fn bytes_outrank_what_was_stated() {
    for (bytes, stated, name, media_type) in [
        (&b"%PDF-1.4"[..], Some("image/png"), None, "application/pdf"),
        (b"\x00\x01\x02", Some("application/pdf"), Some("a.pdf"), "application/octet-stream"),
        (b"\x00\x01\x02", Some("Application/X-Thing; a=b"), None, "application/x-thing"),
        (b"\x00\x01\x02", Some("not a media type"), None, "application/octet-stream"),
        (b"plain words", Some("application/fhir+json"), None, "text/plain"),
        (b"a,b\n1,2", None, Some("results.CSV"), "text/csv"),
        (b"{\"a\":1}", None, None, "application/json"),
        (b" [1, 2]", Some("application/json"), None, "application/json"),
        (b"", Some("text/plain"), None, "application/octet-stream"),
        (
            b"PK\x03\x04....",
            None,
            Some("x.docx"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ] {
        assert_eq!(describe(bytes, stated, name).media_type, media_type, "{stated:?} {name:?}");
    }
}

#[test]
fn a_large_file_is_described_by_its_beginning() {
    let description =
        describe_start(b"\x89PNG\r\n\x1a\n", 200_000_000, None, Some("2026-09-14 chest x-ray.png"));
    assert_eq!(description.title, "Chest x ray");
    assert_eq!(description.size, 200_000_000);
    let cut = describe_start(br#"{"resourceType":"Condition","#, 90, None, Some("c.json"));
    assert_eq!((cut.fhir_type, cut.size), (None, 90));
}
