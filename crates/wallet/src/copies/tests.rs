use medrec_exchange::{api::RecordHeader, client::CopySink};
use medrec_protocol::{Commitment, RecordSalt};
use proptest::prelude::*;

use super::{Copies, CopyError, sealing::CHUNK_BYTES};

const KEY: [u8; 32] = [7; 32];

fn copies(folder: &tempfile::TempDir) -> Copies {
    Copies::open(folder.path().join("copies"), &KEY).unwrap()
}

fn header(bytes: &[u8]) -> RecordHeader {
    let salt = RecordSalt::from_bytes([1; 32]);
    RecordHeader { commitment: Commitment::to(&salt, bytes), salt, size: bytes.len() as u64 }
}

fn record(size: usize) -> Vec<u8> {
    b"Metformin 850 mg twice a day. ".iter().copied().cycle().take(size).collect()
}

async fn store(copies: &Copies, bytes: &[u8]) -> Commitment {
    let header = header(bytes);
    let mut sink = copies.sink(header.commitment);
    sink.begin(&header).await.unwrap();
    for piece in bytes.chunks(5000) {
        sink.append(piece).await.unwrap();
    }
    sink.finish(&header).await.unwrap();
    header.commitment
}

#[tokio::test]
async fn a_copy_comes_back_byte_for_byte_whatever_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let copies = copies(&folder);
    for size in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
        let bytes = record(size);
        let commitment = store(&copies, &bytes).await;
        assert!(copies.has(commitment));
        assert_eq!(copies.read(commitment).unwrap().read_all(u64::MAX).unwrap(), bytes, "{size} bytes");
    }
}

#[tokio::test]
async fn nothing_of_a_record_can_be_read_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let copies = copies(&folder);
    let commitment = store(&copies, &record(200_000)).await;
    let on_disk = std::fs::read(copies.file(commitment)).unwrap();
    assert!(!on_disk.windows(9).any(|window| window == b"Metformin"));
    assert!(!on_disk.windows(32).any(|window| window == [1; 32]), "the salt is not in clear");
}

#[tokio::test]
async fn an_altered_cut_or_longer_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let copies = copies(&folder);
    let commitment = store(&copies, &record(CHUNK_BYTES + 100)).await;
    let whole = std::fs::read(copies.file(commitment)).unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(copies.file(commitment), bytes).unwrap();
        copies.read(commitment).and_then(|reader| reader.read_all(u64::MAX))
    };
    for at in [0, 20, 100, 65_700, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        assert!(matches!(read(&altered), Err(CopyError::Damaged)), "byte {at}");
    }
    for length in [0, 50, whole.len() - CHUNK_BYTES, whole.len() - 1] {
        assert!(matches!(read(&whole[..length]), Err(CopyError::Damaged)), "{length} bytes");
    }
    assert!(matches!(read(&[whole.as_slice(), b"more"].concat()), Err(CopyError::Damaged)));
    assert!(read(&whole).is_ok());
}

#[tokio::test]
async fn another_vault_does_not_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let commitment = store(&copies(&folder), &record(10)).await;
    let other = Copies::open(folder.path().join("copies"), &[8; 32]).unwrap();
    assert!(matches!(other.read(commitment).map(|_| ()), Err(CopyError::Damaged)));
}

#[tokio::test]
async fn a_copy_that_was_interrupted_goes_on_from_its_last_whole_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let copies = copies(&folder);
    let bytes = record(2 * CHUNK_BYTES + 500);
    let header = header(&bytes);
    let mut sink = copies.sink(header.commitment);
    sink.begin(&header).await.unwrap();
    sink.append(&bytes[..CHUNK_BYTES + 10]).await.unwrap();
    drop(sink);
    assert!(!copies.has(header.commitment), "what is not whole is no copy");

    let mut sink = copies.sink(header.commitment);
    let beginning = sink.beginning().await.unwrap().unwrap();
    assert_eq!((beginning.header, beginning.length), (header, CHUNK_BYTES as u64));
    let mut buffer = vec![0; CHUNK_BYTES];
    assert_eq!(sink.read_back(0, &mut buffer).await.unwrap(), CHUNK_BYTES);
    assert_eq!(buffer, bytes[..CHUNK_BYTES]);
    sink.append(&bytes[CHUNK_BYTES..]).await.unwrap();
    sink.finish(&header).await.unwrap();
    assert_eq!(copies.read(header.commitment).unwrap().read_all(u64::MAX).unwrap(), bytes);
}

#[tokio::test]
async fn an_aborted_copy_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let copies = copies(&folder);
    let header = header(b"not what was promised");
    let mut sink = copies.sink(header.commitment);
    sink.begin(&header).await.unwrap();
    sink.append(b"something else").await.unwrap();
    sink.abort().await.unwrap();
    assert!(sink.beginning().await.unwrap().is_none());
    assert!(matches!(copies.read(header.commitment).map(|_| ()), Err(CopyError::Missing)));
    assert_eq!(std::fs::read_dir(folder.path().join("copies")).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_beginning_of_a_part_file_is_taken_up_or_begun_anew(cut in 0usize..140_000) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let copies = copies(&folder);
            let bytes = record(2 * CHUNK_BYTES + 9);
            let header = header(&bytes);
            let mut sink = copies.sink(header.commitment);
            sink.begin(&header).await.unwrap();
            sink.append(&bytes).await.unwrap();
            drop(sink);
            let part = copies.part(header.commitment);
            let file = std::fs::OpenOptions::new().write(true).open(&part).unwrap();
            let length = file.metadata().unwrap().len().min(cut as u64);
            file.set_len(length).unwrap();
            let mut sink = copies.sink(header.commitment);
            let from = if let Some(beginning) = sink.beginning().await.unwrap() {
                usize::try_from(beginning.length).unwrap()
            } else {
                sink.begin(&header).await.unwrap();
                0
            };
            sink.append(&bytes[from..]).await.unwrap();
            sink.finish(&header).await.unwrap();
            assert_eq!(copies.read(header.commitment).unwrap().read_all(u64::MAX).unwrap(), bytes);
        });
    }
}
