DROP TABLE candle;
DROP TABLE symbol;
DROP TABLE trade;
DROP FUNCTION trade_partition(timestamptz);
DROP TABLE sink_offset;
