//! What is in an object: text, compressed, or Parquet. N230

use std::io::{self, Write as _};

use flate2::{Compression, write::GzEncoder};

use super::DeliveryError;
use crate::{
    flowlog::{Delivery, header, line},
    model::{FileFormat, FlowLogFormat},
};

/// What is in an object.
pub(super) fn body(
    file_format: FileFormat,
    log_format: &FlowLogFormat,
    object: &Delivery<'_>,
) -> Result<Vec<u8>, DeliveryError> {
    match file_format {
        FileFormat::PlainText => text(log_format, object)
            .map_err(|error| DeliveryError::File { path: object.to.clone(), error }),
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => super::parquet::file(log_format, &object.records)
            .map_err(|error| DeliveryError::Parquet(error.to_string())),
        #[cfg(not(feature = "parquet"))]
        FileFormat::Parquet => {
            Err(DeliveryError::Parquet("plustwo was built without it".to_owned()))
        }
    }
}

/// The names of the fields, then a line a record, compressed.
fn text(log_format: &FlowLogFormat, object: &Delivery<'_>) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    writeln!(out, "{}", header(log_format))?;
    for record in &object.records {
        writeln!(out, "{}", line(log_format, record))?;
    }
    out.finish()
}
