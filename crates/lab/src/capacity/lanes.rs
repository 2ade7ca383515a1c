//! Adding one number to the fields of many units at once, chosen by bits.

/// `SELECT[byte][k]` is 1 where bit `k` of the byte is set, else 0.
static SELECT: [[f64; 8]; 256] = table();

const fn table() -> [[f64; 8]; 256] {
    let mut table = [[0.0; 8]; 256];
    let mut entry = 0;
    while entry < 256 * 8 {
        if (entry / 8) >> (entry % 8) & 1 == 1 {
            table[entry / 8][entry % 8] = 1.0;
        }
        entry += 1;
    }
    table
}

/// Adds `value` to `fields[i]` for every set bit `i` of `bits`; `fields` are a multiple of 8.
pub(super) fn add_where(fields: &mut [f64], bits: &[u64], value: f64) {
    let bytes = bits.iter().flat_map(|word| word.to_le_bytes());
    for (lanes, byte) in fields.as_chunks_mut::<8>().0.iter_mut().zip(bytes) {
        let select = &SELECT[byte as usize];
        for k in 0..8 {
            lanes[k] += select[k] * value;
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_units_with_a_set_bit_are_raised() {
        let mut fields = vec![1.0; 24];
        super::add_where(&mut fields, &[0x0000_0000_0080_0105], 2.5);
        for (i, field) in fields.iter().enumerate() {
            let expected = if [0, 2, 8, 23].contains(&i) { 3.5 } else { 1.0 };
            assert_eq!(*field, expected, "unit {i}");
        }
    }
}
