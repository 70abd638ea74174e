//! The bytes of a record version, from its file to the asker, piece by piece.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;

use super::limits::Place;

/// Bytes of one piece.
const PIECE_BYTES: u64 = 128 * 1024;

struct Rest {
    file: File,
    left: u64,
    _place: Place,
}

/// Exactly `length` bytes from `from` on. If the file cannot give them, the connection breaks.
pub(super) fn body(mut file: File, from: u64, length: u64, place: Place) -> Body {
    let started = file.seek(SeekFrom::Start(from));
    let rest = started.map(|_| Rest { file, left: length, _place: place });
    Body::from_stream(stream::try_unfold(rest, |rest| async {
        let rest = rest?;
        if rest.left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let read =
            tokio::task::spawn_blocking(move || next_piece(rest)).await.map_err(std::io::Error::other)?;
        read.map(|(piece, rest)| Some((piece, Ok(rest))))
    }))
}

fn next_piece(mut rest: Rest) -> std::io::Result<(Bytes, Rest)> {
    let length = rest.left.min(PIECE_BYTES);
    let mut piece = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    rest.file.read_exact(&mut piece)?;
    rest.left -= length;
    Ok((Bytes::from(piece), rest))
}
