//! Instruction-set levels, chosen once per process.

use std::fmt;
use std::sync::LazyLock;

/// Name of the environment variable that forces a level: `scalar`, `avx2` or `avx512`.
pub const LEVEL_VARIABLE: &str = "ATTRACTOR_ISA";

/// An instruction-set level of the kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Portable Rust, no intrinsics.
    Scalar,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512 F.
    Avx512,
}

/// A level was asked for that does not exist or that this machine lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError {
    /// What was asked for.
    pub asked: String,
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let have: Vec<_> = Level::available().map(Level::name).collect();
        write!(f, "{LEVEL_VARIABLE}={}: this machine has {}", self.asked, have.join(", "))
    }
}

impl std::error::Error for LevelError {}

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// The name that [`LEVEL_VARIABLE`] takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this machine can run it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f") && Self::Avx2.is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The levels of this machine, weakest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|level| level.is_available())
    }

    /// The level that [`LEVEL_VARIABLE`] asks for, or the strongest one when it is not set.
    ///
    /// # Errors
    /// [`LevelError`] when the variable names no level of this machine. Programs report it at their
    /// start; [`Level::current`] then falls back to the strongest level.
    pub fn from_env() -> Result<Self, LevelError> {
        let strongest = Self::available().last().unwrap_or(Self::Scalar);
        match std::env::var(LEVEL_VARIABLE) {
            Err(_) => Ok(strongest),
            Ok(asked) => Self::available().find(|level| level.name() == asked).ok_or(LevelError { asked }),
        }
    }

    /// The level of this process, decided at the first call.
    ///
    /// ```
    /// assert!(attractor_kernel::Level::current().is_available());
    /// ```
    pub fn current() -> Self {
        static CURRENT: LazyLock<Level> = LazyLock::new(|| {
            Level::from_env().unwrap_or_else(|_| Level::available().last().unwrap_or(Level::Scalar))
        });
        *CURRENT
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
