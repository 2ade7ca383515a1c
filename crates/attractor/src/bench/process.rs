//! What the kernel has counted for this process; nothing where it does not say.

/// Largest resident memory since [`reset_peak`], in bytes.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Starts the count of [`peak_bytes`] anew, at what is resident now.
pub(crate) fn reset_peak() {
    // Where this is not allowed the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Processor time of all threads, user and system, in milliseconds; in steps of 10.
pub(crate) fn cpu_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some(10.0 * (ticks()? + ticks()?))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn memory_and_time_that_are_used_are_counted() {
        reset_peak();
        let start = cpu_ms();
        let big = std::hint::black_box(vec![1u8; 64 << 20]);
        assert!(start.is_some());
        // Tests beside this one use time too.
        let mut sum = 0u64;
        while sum == 0 || cpu_ms() < start.map(|start| start + 30.0) {
            sum += big.iter().map(|&x| u64::from(x)).sum::<u64>();
        }
        // They give memory back as well: only what is held here is sure to be in the peak.
        assert!(peak_bytes() >= Some(64 << 20));
    }
}
