//! Records as an Apache Parquet file, with the columns of AWS's Athena tables. N212, N230, N234

use std::sync::Arc;

use parquet::{
    basic::{Compression, GzipLevel, LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    errors::Result,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use crate::{
    flowlog::{Record, Value},
    model::{FlowLogField, FlowLogFieldType, FlowLogFormat},
};

/// A file with a column for each field of the format; what says nothing is null.
pub(super) fn file(format: &FlowLogFormat, records: &[&Record]) -> Result<Vec<u8>> {
    let columns = format.fields().iter().map(|field| column(*field).map(Arc::new));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("flow_log").with_fields(columns).build()?;
    let compression = Compression::GZIP(GzipLevel::default());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut rows = writer.next_row_group()?;
    for field in format.fields() {
        let values = records.iter().map(|record| record.value(*field, format.version()));
        let values: Vec<Value<'_>> = values.collect();
        let Some(mut column) = rows.next_column()? else { break };
        match field.kind() {
            FlowLogFieldType::Int32 => {
                let (levels, values) = present::<Int32Type>(&values, |value| match value {
                    Value::Int32(value) => Some(*value),
                    Value::Int64(_) | Value::Text(_) | Value::Absent => None,
                });
                column.typed::<Int32Type>().write_batch(&values, Some(&levels), None)?;
            }
            FlowLogFieldType::Int64 => {
                let (levels, values) = present::<Int64Type>(&values, |value| match value {
                    Value::Int64(value) => Some(*value),
                    Value::Int32(_) | Value::Text(_) | Value::Absent => None,
                });
                column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
            }
            FlowLogFieldType::Text => {
                let (levels, values) = present::<ByteArrayType>(&values, |value| match value {
                    Value::Text(text) => Some(ByteArray::from(&**text)),
                    Value::Int32(_) | Value::Int64(_) | Value::Absent => None,
                });
                column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
            }
        }
        column.close()?;
    }
    rows.close()?;
    writer.into_inner()
}

/// A column: the field's name with `_` for `-`, as tables have it.
fn column(field: FlowLogField) -> Result<Type> {
    let name = field.as_str().replace('-', "_");
    let (physical, logical) = match field.kind() {
        FlowLogFieldType::Int32 => (Physical::INT32, None),
        FlowLogFieldType::Int64 => (Physical::INT64, None),
        FlowLogFieldType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    Type::primitive_type_builder(&name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// Which values are there, 1 or 0 each, and those that are.
fn present<T: DataType>(
    values: &[Value<'_>],
    get: impl Fn(&Value<'_>) -> Option<T::T>,
) -> (Vec<i16>, Vec<T::T>) {
    let values: Vec<Option<T::T>> = values.iter().map(get).collect();
    let levels = values.iter().map(|value| i16::from(value.is_some())).collect();
    (levels, values.into_iter().flatten().collect())
}
