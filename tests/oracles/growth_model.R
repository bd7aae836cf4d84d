# Growth models by lme4, its own criterion driven to its optimum: the oracle of growth_model.
#
#   Rscript tests/oracles/growth_model.R
#
# writes tests/oracles/growth/*.csv (invented data of awkward shapes, seeded) and
# tests/oracles/growth_model.json. Made with lme4 1.1-31 in R 4.2.2 (Debian: r-cran-lme4,
# r-cran-jsonlite). A run of lmer stops short of the optimum; here it is only the first of
# several starts, and Newton steps on lme4's deviance function finish the search.

suppressMessages({library(lme4); library(jsonlite)})

given <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
here <- if (length(given)) dirname(given) else "."

# ---- invented data -----------------------------------------------------------------------

course <- function(seed, patients, sessions, D, sigma, digits = 1, keep = 1, slope = 4,
                   time = log, intake_sd = 6) {
  set.seed(seed)
  rows <- NULL
  for (client in seq_len(patients)) {
    own <- t(chol(D + diag(1e-12, 2))) %*% rnorm(2)
    x <- round(rnorm(1, 18, intake_sd), digits)
    at <- if (is.function(sessions)) sessions() else sessions
    l <- time(at)
    y <- 18.5 + .9 * (x - 18) + (slope - .2 * (x - 18)) * l + own[1] + own[2] * l +
      rnorm(length(l), 0, sigma)
    stays <- runif(length(l)) < keep
    if (!any(stays)) stays[1] <- TRUE
    rows <- rbind(rows, data.frame(client = sprintf("c%03d", client), session = at[stays],
                                   score = round(y, digits)[stays], intake = x))
  }
  rows
}
spread <- function(level, slope, corr) {
  matrix(c(level^2, corr * level * slope, corr * level * slope, slope^2), 2)
}
dropping_out <- function() 2:(1 + sample(1:11, 1, prob = .85^(1:11)))

cases <- list()
add <- function(name, data, time = "log", intake = TRUE, since = 0) {
  cases[[name]] <<- list(data = data, time = time, intake = intake, since = since)
}
add("regular", course(1, 40, 2:8, spread(1.8, 2.2, .1), 3))
add("dropout-and-gaps", course(2, 120, dropping_out, spread(1.8, 2.2, -.3), 3, keep = .8))
add("three-patients", course(3, 3, 2:6, spread(1.8, 2.2, .1), 2))
add("two-patients", course(4, 2, 0:7, spread(2, 1, .1), 1, time = identity), "linear", FALSE)
add("no-spread-of-slopes", course(5, 30, 2:7, spread(3, 0, 0), 4))
add("no-spread-of-levels", course(6, 30, 2:7, spread(0, 2, 0), 4))
add("no-spread", course(7, 25, 2:6, spread(0, 0, 0), 4))
add("lines-through-one-point", course(8, 40, 2:8, spread(2, 1.5, -1), 2))
add("strongly-linked", course(9, 60, 2:9, spread(2, 2, .97), 3))
add("irregular-weeks", course(10, 50, function() sort(round(runif(sample(1:9, 1), 0, 30), 2)),
                              spread(3, .3, -.4), 2.5, slope = .4, time = identity), "linear")
years <- function() sort(round(runif(sample(2:6, 1), 2019, 2026), 3))
add("calendar-years", course(11, 45, years, spread(3, 1, .2), 2,
                             time = function(t) t - 2022, slope = 1), "linear", since = 2022)
add("small-scores", transform(course(12, 40, 2:7, spread(1.8, 2.2, .1), 3),
                              score = score / 10000, intake = intake / 10000))
add("large-scores", transform(course(13, 40, 2:7, spread(1.8, 2.2, .1), 3),
                              score = 1e6 + 1000 * score, intake = 1e6 + 1000 * intake))
twice <- course(14, 30, 2:6, spread(1.8, 2.2, .1), 3)
add("sessions-rated-twice", rbind(twice, transform(twice[seq(1, nrow(twice), 3), ],
                                                   score = score + 1.5)))
add("little-noise", course(15, 25, 2:7, spread(3, 2, .3), .02, digits = 3))
add("much-noise", course(16, 80, 2:7, spread(.6, .5, 0), 9))
add("mostly-one-follow-up", rbind(
  course(17, 60, function() sample(2:6, 1), spread(2, 2, .2), 2.5),
  transform(course(18, 12, 2:6, spread(2, 2, .2), 2.5), client = paste0("d", client))))
add("no-intake", course(19, 40, 1:8, spread(5, 2, -.2), 3), "log", FALSE)
add("few-intakes", course(20, 50, dropping_out, spread(2, 2, 0), 3, intake_sd = .15))
add("far-apart", course(21, 20, function() sort(sample(c(2, 3, 40, 200), 3)),
                        spread(2, 2, .2), 3))

# ---- lme4's deviance at its optimum --------------------------------------------------------

slope_of <- function(f, t, h = 1e-3) {
  h <- h * (1 + abs(t))
  sapply(seq_along(t), function(i) {
    e <- replace(numeric(length(t)), i, h[i])
    (8 * (f(t + e) - f(t - e)) - (f(t + 2 * e) - f(t - 2 * e))) / (12 * h[i])
  })
}
bend_of <- function(f, t, h = 1e-3) {
  h <- h * (1 + abs(t))
  columns <- sapply(seq_along(t), function(i) {
    e <- replace(numeric(length(t)), i, h[i])
    (slope_of(f, t + e) - slope_of(f, t - e)) / (2 * h[i])
  })
  (columns + t(columns)) / 2
}
newton <- function(f, t) {
  for (round in 1:8) {
    step <- tryCatch(-solve(bend_of(f, t), slope_of(f, t)), error = function(e) 0 * t)
    if (max(abs(step)) > .1 * (1 + max(abs(t))) || f(t + step) > f(t) + 1e-9) break
    t <- t + step
  }
  t
}
# theta may have any sign here: on lme4's own side of its limits there are false optima.
optimum <- function(f) {
  starts <- list(c(1, 0, 1), c(.1, 0, .1), c(5, 0, 5), c(1, .9, .2), c(1, -.9, .2), c(.5, 0, 0),
                 c(50, 0, 50))
  found <- lapply(starts, function(t) {
    for (round in 1:3) {
      t <- optim(t, f, control = list(reltol = 1e-15, maxit = 5000))$par
      t <- optim(t, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 500))$par
    }
    t
  })
  best <- found[[which.min(sapply(found, f))]]
  inside <- newton(f, best)
  if (f(inside) < f(best) + 1e-9) best <- inside  # equal to the last digit, and flatter
  # A model of less rank that is as likely is the optimum.
  L <- matrix(c(best[1:2], 0, best[3]), 2)
  e <- eigen(L %*% t(L))
  line <- e$vectors[, 1] * sqrt(e$values[1])
  edge <- function(v) f(c(v, 0))
  for (round in 1:3) line <- optim(line, edge, control = list(reltol = 1e-15, maxit = 5000))$par
  line <- newton(edge, line)
  if (edge(line) < f(best) + 1e-8) best <- c(line, 0)
  if (f(c(0, 0, 0)) < f(best) + 1e-8) best <- c(0, 0, 0)
  best
}

told <- function(data, time, intake, since, reml) {
  # From the year 0, lme4 has too few digits: what it tells then is about time since `since`.
  data$l <- if (time == "log") log(data$session) else data$session - since
  center <- mean(tapply(data$intake, data$client, `[`, 1))
  data$xc <- data$intake - center
  formula <- if (intake) score ~ xc * l + (l | client) else score ~ l + (l | client)
  parsed <- lFormula(formula, data, REML = reml, control = lmerControl(
    check.nobs.vs.nRE = "ignore", check.scaleX = "ignore", check.rankX = "stop.deficient",
    check.nobs.vs.nlev = "ignore"))
  f <- do.call(mkLmerDevfun, parsed)
  theta <- optimum(f)
  f(theta)
  fit <- mkMerMod(environment(f), list(par = theta, fval = f(theta), conv = 0), parsed$reTrms,
                  fr = parsed$fr)
  covariance <- VarCorr(fit)$client
  sd <- sqrt(diag(covariance))
  own <- ranef(fit, condVar = TRUE)$client
  sure <- attr(own, "postVar")
  fixed <- fixef(fit)
  se <- sqrt(diag(as.matrix(vcov(fit))))
  label <- if (intake) c("intercept", "intake", "time", "intake:time") else c("intercept", "time")
  names(fixed) <- names(se) <- label
  asked <- unique(c(1, ceiling(nrow(own) / 2), nrow(own)))
  at <- max(data$l) + .25
  predicted <- lapply(asked, function(i) {
    client <- rownames(own)[i]
    x <- data$xc[data$client == client][1]
    design <- if (intake) c(1, x, at, x * at) else c(1, at)
    z <- c(1, at)
    list(client = client, effects = unlist(own[i, ], use.names = FALSE),
         mean = sum(design * fixef(fit)) + sum(z * unlist(own[i, ])),
         se_true = sqrt(max(0, drop(t(z) %*% sure[, , i] %*% z))))
  })
  list(method = if (reml) "REML" else "ML", center = if (intake) center else NULL,
       fixed = as.list(fixed), se = as.list(se),
       random = list(sd_intercept = sd[[1]], sd_slope = sd[[2]],
                     covariance = covariance[1, 2], sigma = sigma(fit)),
       boundary = theta[1] * theta[3] == 0, loglik = -f(theta) / 2,
       n_clients = nrow(own), n_scores = nrow(data), at = at, predictions = predicted)
}

results <- lapply(names(cases), function(name) {
  case <- cases[[name]]
  message(name)
  write.csv(case$data, file.path(here, "growth", paste0(name, ".csv")), row.names = FALSE,
            quote = FALSE)
  data <- read.csv(file.path(here, "growth", paste0(name, ".csv")))
  list(file = paste0(name, ".csv"), time = case$time, intake = case$intake, since = case$since,
       fits = lapply(c(TRUE, FALSE), function(reml) {
         told(data, case$time, case$intake, case$since, reml)
       }))
})
made_with <- paste0("lme4 ", packageVersion("lme4"), ", ", R.version.string)
writeLines(toJSON(list(made_with = made_with, cases = results), auto_unbox = TRUE, digits = NA,
                  null = "null", pretty = 1), file.path(here, "growth_model.json"))
