//! The random numbers of the reference's scripts: MT19937 and what two libraries make of it.
//!
//! For data sets that are published as a seed. Everything else draws from [`stream`](crate::stream).
//!
//! Sources: M. Matsumoto, T. Nishimura, "Mersenne twister", ACM TOMACS 8 (1998), with the initialisation of 2002;
//! G. Marsaglia, T. A. Bray, "A convenient method for generating normal variables", SIAM Review 6 (1964).

/// Words of the state.
const N: usize = 624;
/// Distance of the words that are combined.
const M: usize = 397;

/// The 32-bit Mersenne twister, seeded by one number as `init_genrand` does it.
///
/// ```
/// let mut twister = attractor_data::mersenne::Mersenne::new(5489);
/// assert_eq!(twister.next_u32(), 3499211612);
/// ```
#[derive(Debug, Clone)]
pub struct Mersenne {
    state: [u32; N],
    /// Words of the state that were given out.
    used: usize,
}

impl Mersenne {
    /// The generator of this seed: that of `torch.manual_seed(seed)` on the CPU and of
    /// `numpy.random.RandomState(seed)`.
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let before = state[i - 1];
            state[i] = (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, used: N }
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == N {
            self.twist();
        }
        let mut y = self.state[self.used];
        self.used += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// The remainder of the next 32 bits by `range`, as torch's `randint` takes it; 0 for a range of 0.
    pub(crate) fn remainder(&mut self, range: u32) -> u32 {
        self.next_u32().checked_rem(range).unwrap_or(0)
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.used = 0;
    }
}

/// The part of `numpy.random.RandomState` that published sets were drawn with.
///
/// ```
/// let mut state = attractor_data::mersenne::RandomState::new(0);
/// assert!((state.normal(0.0, 1.0) - 1.764052345967664).abs() < 1e-12);
/// ```
#[derive(Debug, Clone)]
pub struct RandomState {
    twister: Mersenne,
    /// The second of two normal numbers.
    spare: Option<f64>,
}

impl RandomState {
    /// `RandomState(seed)`.
    pub fn new(seed: u32) -> Self {
        Self { twister: Mersenne::new(seed), spare: None }
    }

    /// `random_sample()`: from 0 to below 1, with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        let (high, low) = (self.twister.next_u32() >> 5, self.twister.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `normal(mean, deviation)`: Marsaglia's polar method, which draws two numbers and keeps the first for the
    /// next call.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        if let Some(spare) = self.spare.take() {
            return mean + deviation * spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(factor * x);
                return mean + deviation * (factor * y);
            }
        }
    }

    /// `randint(0, most + 1)`: as many low bits as `most` has, drawn again while they are above it.
    /// Nothing is drawn for a `most` of 0.
    pub fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let value = if mask == 0 { 0 } else { self.twister.next_u32() & mask };
            if value <= most {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_thousandth_number_is_that_of_the_cpp_standard() {
        // ISO C++ [rand.predef]: mt19937 with its default seed.
        let mut twister = Mersenne::new(5489);
        let numbers: Vec<u32> = (0..10_000).map(|_| twister.next_u32()).collect();
        assert_eq!(numbers[9_999], 4_123_659_995);
    }

    #[test]
    fn small_integers_are_those_of_torch() {
        // torch.manual_seed(0); torch.randint(0, 10, (5,))
        let mut twister = Mersenne::new(0);
        assert_eq!([(); 5].map(|()| twister.remainder(10)), [4, 9, 3, 0, 3]);
        assert_eq!(twister.remainder(0), 0);
    }

    #[test]
    fn numbers_are_those_of_numpy() {
        // numpy.random.RandomState(0).randn(3), RandomState(42).rand(), RandomState(0).randint(0, 10, 5)
        let mut state = RandomState::new(0);
        let known = [1.764052345967664, 0.4001572083672233, 0.9787379841057392];
        assert!(known.iter().all(|known| (state.normal(0.0, 1.0) - known).abs() < 1e-12));
        assert_eq!(RandomState::new(42).uniform(), 0.3745401188473625);
        let mut state = RandomState::new(0);
        assert_eq!([(); 5].map(|()| state.up_to(9)), [5, 0, 3, 3, 7]);
    }

    #[test]
    fn whole_numbers_reach_both_ends_and_go_no_further() {
        let mut state = RandomState::new(3);
        for most in [0, 1, 6, 7, 8, u32::MAX] {
            let drawn: Vec<u32> = (0..300).map(|_| state.up_to(most)).collect();
            assert!(drawn.iter().all(|&value| value <= most));
            if most < 9 {
                assert!(drawn.contains(&0) && drawn.contains(&most));
            }
        }
    }
}
